/** `<gs-toasts>`: short news at the foot of the page; what was refused is said here, with why. */

import { h, View } from "../lib/dom.js";
import { refusal, t } from "../lib/i18n.js";

class Toasts extends View {
  #shown = [];

  template() {
    return h("div", { role: "status", "aria-live": "polite" },
      this.#shown.map(({ key, text, action, label }) =>
        h("div", { class: "toast", key }, h("span", {}, text),
          action && h("button", { onclick: () => this.#done(key, action) }, label),
          h("button", { "aria-label": t("common.close"), onclick: () => this.#done(key) }, "✕"))));
  }

  add(text, { ms = 6_000, action = null, label = "" } = {}) {
    const key = String(Math.random());
    this.#shown = [...this.#shown.filter((toast) => toast.text !== text), { key, text, action, label }].slice(-3);
    if (ms) setTimeout(() => this.#done(key), ms);
    this.draw();
  }

  #done(key, action) {
    this.#shown = this.#shown.filter((toast) => toast.key !== key);
    this.draw();
    action?.();
  }
}

customElements.define("gs-toasts", Toasts);

/** Show `text` for a while; `action` and `label` make a button of it. */
export function toast(text, options) {
  let place = document.querySelector("gs-toasts");
  if (!place) document.body.append((place = document.createElement("gs-toasts")));
  place.add(text, options);
}

/** Say why something was refused. For `.catch(refused)`; returns null. */
export function refused(error) {
  if (error?.code !== "stopped") toast(error?.code ? refusal(error) : String(error?.message ?? error), { ms: 9_000 });
  if (!error?.code) console.error(error);
  return null;
}
