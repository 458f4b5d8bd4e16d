/** Where we are and who we are, by the page's own address; and links to other pages. */

/** The root of the site, with a slash at its end; it need not be the root of its host. */
export const base = new URL(".", document.baseURI);

export const query = new URLSearchParams(location.search);

export function socketUrl() {
  const url = new URL("ws", base);
  url.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** The fragment as an object: `g` game, `p` place, `k` secret, `c` typed code, `v` venue's place. */
export function fragment(hash = location.hash) {
  return Object.fromEntries(new URLSearchParams(hash.slice(1)));
}

/** Put the fragment right without loading anything: once a secret is used, it is taken away. */
export function setFragment(parts) {
  history.replaceState(history.state, "", `${location.pathname}${location.search}${hash(parts)}`);
}

function hash(parts) {
  const text = Object.entries(parts)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%3A", ":")}`)
    .join("&");
  return text ? `#${text}` : "";
}

/** An address of this site: `link({view: "board"}, {g: id})`. */
export function link(search = {}, parts = {}, root = base) {
  const url = new URL(root);
  for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
  return url.href + hash(parts);
}

/**
 * The root as other devices reach it, for links in QR codes: our own address, unless that is
 * loopback; then what the server says of itself (`about.address`).
 */
export function outside(about) {
  const { hostname } = base;
  const loopback = hostname === "localhost" || hostname.startsWith("127.") || hostname === "[::1]";
  return loopback && about?.address ? new URL(about.address) : base;
}

let asked = null;

/** What the box says of itself (`/api/v1/about`): asked once. */
export function about() {
  asked ??= fetch(new URL("api/v1/about", base)).then((answer) => {
    if (!answer.ok) throw new Error(`about: ${answer.status}`);
    return answer.json();
  });
  asked.catch(() => (asked = null));
  return asked;
}

/** A file of the server's, by this device's right: saved under `name`. */
export async function download(path, name, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(new URL(path, base), { headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const url = URL.createObjectURL(await answer.blob());
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
