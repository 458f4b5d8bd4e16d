/** The sheet that comes up from below: one at a time, drawn with the page, so that it stays true. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

const show = (element) => element && queueMicrotask(() => element.isConnected && !element.open && element.showModal());

/**
 * `{name, title(), content(), foot?(), keys?(key), back?}`; `keys` says which taps it tells of
 * itself, `back` is what it goes back to.
 */
export function drawModal(view) {
  const { modal } = view;
  if (!modal) return null;
  const shut = () => closeModal(view);
  return h("dialog", {
    key: `modal-${modal.name}`,
    class: `modal modal-${modal.name} p${modal.me ?? view.me}`,
    "aria-labelledby": "seat-modal",
    ref: show,
    onclose: () => view.modal === modal && view.open(modal.back ?? null),
    // In braces: what a handler returns counts, and false would undo every tap inside.
    onclick: (event) => {
      if (event.target.localName === "dialog") shut();
    },
  },
    h("div", { class: "modal-head" },
      h("h2", { id: "seat-modal" }, modal.title()),
      h("button", { class: "plain close", "aria-label": modal.back ? t("common.back") : t("common.close"), onclick: shut }, modal.back ? "‹" : "✕")),
    h("div", { class: "modal-body" }, modal.content()),
    modal.foot && h("div", { class: "modal-foot" }, modal.foot()));
}

export function closeModal(view) {
  view.querySelector("dialog.modal")?.close();
}
