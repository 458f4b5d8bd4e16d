/** `<gs-qr>`: a link as a QR code, drawn by the box (`POST /api/v1/qr`), so that no URL holds it. */

import { base } from "../lib/address.js";
import { t } from "../lib/i18n.js";

const AT_ONCE = 3; // a page of cards has many: the box draws so many a second, for everybody
const drawn = new Map();
let busy = 0;

/** The picture of a text, drawn once a page, as an address for `img`; asked for until it is there. */
function picture(text) {
  if (!drawn.has(text)) drawn.set(text, draw(text));
  return drawn.get(text);
}

async function draw(text) {
  const headers = { "content-type": "text/plain" };
  for (;;) {
    let wait = 2_000;
    while (busy >= AT_ONCE) await pause(100);
    busy += 1;
    try {
      const answer = await fetch(new URL("api/v1/qr", base), { method: "POST", body: text, headers });
      if (answer.ok) return URL.createObjectURL(await answer.blob());
      wait = Number(answer.headers.get("retry-after")) * 1_000 || wait;
    } catch {
      // Not to be reached just now.
    } finally {
      busy -= 1;
    }
    await pause(wait);
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class QrCode extends HTMLElement {
  drawsItself = true;
  #text = null;

  set text(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#show();
  }

  async #show() {
    const text = this.#text;
    this.removeAttribute("data-drawn");
    if (!text) return this.replaceChildren();
    const src = await picture(text);
    if (text !== this.#text) return;
    const shown = document.createElement("img");
    shown.src = src;
    shown.alt = this.getAttribute("label") ?? t("common.qr");
    this.replaceChildren(shown);
    this.setAttribute("data-drawn", "");
    this.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }
}

customElements.define("gs-qr", QrCode);
