/** The first script of every page: which view the address asks for, and that one put there. */

import { fragment, query } from "./lib/address.js";
import { language, t } from "./lib/i18n.js";

/** Views by name, each a module beside this one that defines the element `gs-<name>`. */
const VIEWS = new Set(["lobby", "host", "seat", "board", "overlay", "desk", "report", "cards", "enter"]);
/** Views that share parts have their style in common. */
const STYLES = { seat: ["parts", "seat"], host: ["parts", "host"] };
const BY_PLACE = { host: "host", "player:1": "seat", "player:2": "seat", observer: "board" };

/** The view that an address asks for: `?view=` says it, else the place that a link leads to. */
export function viewOf(search, parts) {
  const asked = search.get("view");
  if (VIEWS.has(asked)) return asked;
  if (parts.g) return BY_PLACE[parts.p] ?? "board";
  // A typed code or a key of the venue says only when it is used what it is for.
  if (parts.k || parts.c) return "enter";
  if (parts.v) return { official: "desk", participant: "seat", table: "host" }[parts.v.split(":")[0]] ?? "lobby";
  return "lobby";
}

/** A style sheet, once it is in force. */
function styled(name) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL(`css/${name}.css`, import.meta.url);
  document.head.append(style);
  return new Promise((resolve) => (style.onload = style.onerror = resolve));
}

async function show() {
  document.documentElement.lang = language;
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const name = viewOf(query, fragment());
  try {
    await Promise.all([import(`./views/${name}.js`), ...(STYLES[name] ?? [name]).map(styled)]);
    document.body.replaceChildren(document.createElement(`gs-${name}`));
  } catch (error) {
    console.error(error);
    const again = document.createElement("button");
    again.textContent = t("common.reload");
    again.onclick = () => location.reload();
    const words = document.createElement("p");
    words.textContent = t("common.notLoaded");
    const page = document.createElement("main");
    page.className = "page";
    page.append(words, again);
    document.body.replaceChildren(page);
  }
}

// A link scanned into a tab that shows another place begins anew.
let shown = location.hash;
addEventListener("hashchange", () => {
  if (fragment().k || fragment().c || fragment().g !== fragment(shown).g) location.reload();
  shown = location.hash;
});
show();
