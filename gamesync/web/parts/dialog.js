/** Questions to the user: a dialog that resolves with what was answered, or null. */

import { h, render } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/**
 * Show a dialog. `content(close)` describes what is in it; `close(value)` closes it with an answer.
 * Escape, the back key and a tap beside it answer null. The function `redraw` is on the promise.
 */
export function dialog(title, content, { className = "" } = {}) {
  const element = document.createElement("dialog");
  element.className = className;
  let answer = null;
  const close = (value = null) => {
    answer = value;
    element.close();
  };
  const draw = () => {
    const head = h("h2", { id: "dialog-title" }, title);
    render(element, h("div", { class: "stack" }, head, content(close)));
  };
  element.setAttribute("aria-labelledby", "dialog-title");
  draw();
  document.body.append(element);
  element.showModal();
  element.addEventListener("click", (event) => event.target === element && close());
  const closed = new Promise((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      resolve(answer);
    });
  });
  closed.redraw = () => element.open && draw();
  closed.close = close;
  return closed;
}

/** Yes or no. `danger` colours the yes. */
export function confirm(title, { text = "", yes = t("common.yes"), no = t("common.cancel"), danger = false } = {}) {
  return dialog(title, (close) => [
    text && h("p", {}, text),
    h("div", { class: "row" },
      h("button", { class: danger ? "danger grow" : "main grow", onclick: () => close(true) }, yes),
      h("button", { class: "grow", onclick: () => close(null) }, no),
    ),
  ]);
}

/** A line of text; resolves with it (trimmed), or null. */
export function ask(title, { label, value = "", yes = t("common.ok"), maxlength = 200, required = false, text = "" } = {}) {
  return dialog(title, (close) => [
    text && h("p", {}, text),
    h("form", {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        close(event.target.elements.answer.value.trim());
      },
    },
      h("label", { class: "field" }, h("span", {}, label),
        h("input", { name: "answer", value, maxlength, required, autocomplete: "off" })),
      h("div", { class: "row" },
        h("button", { class: "main grow" }, yes),
        h("button", { class: "grow", type: "button", onclick: () => close(null) }, t("common.cancel")),
      ),
    ),
  ]);
}
