/** Small things that all of the desk is made of: buttons that act, reasons, links as QR codes. */

import { about, outside } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { spaced } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { dialog } from "../../parts/dialog.js";
import "../../parts/qr.js";
import { refused, toast } from "../../parts/toasts.js";

export const CLASS = { className: "desk" };

/**
 * Do something that is answered: once at a time under `key`. Says `said` (or what it returns for the
 * answer) when it is counted, and why when it is refused. Resolves with the answer, or null.
 */
export async function act(desk, key, make, said = "") {
  if (desk.doing.has(key)) return null;
  desk.doing.add(key);
  desk.changed();
  try {
    const answer = (await make()) ?? {};
    const text = typeof said === "function" ? said(answer) : said;
    if (text) toast(text);
    return answer;
  } catch (error) {
    return refused(error);
  } finally {
    desk.doing.delete(key);
    desk.changed();
  }
}

/** A button that acts; while its answer is awaited it says so. */
export function doButton(desk, key, label, make, { said = "", className = "", ...props } = {}) {
  const busy = desk.doing.has(key);
  return h("button", {
    key, // what comes and goes beside it must not make another button of it under the finger
    type: "button",
    class: className,
    "aria-busy": busy ? "true" : null,
    disabled: busy,
    onclick: () => act(desk, key, make, said),
    ...props,
  }, busy ? t("desk.sending", { what: plain(label) }) : label);
}

const plain = (label) => (Array.isArray(label) ? label.filter((part) => typeof part === "string").join("") : label);

export function labelled(label, field, className = "") {
  return h("label", { class: `field ${className}` }, h("span", {}, label), field);
}

/** `[[value, text], …]` as a select. */
export function choice(options, value, onchange, props = {}) {
  return h("select", { value, onchange: (event) => onchange?.(event.target.value), ...props },
    options.map(([each, text]) => h("option", { value: each, selected: String(each) === String(value) }, text)));
}

export const buttons = (close, yes, { danger = false, disabled = false } = {}) =>
  h("div", { class: "row" },
    h("button", { class: `${danger ? "danger" : "main"} grow`, disabled }, yes),
    h("button", { type: "button", class: "grow", onclick: () => close(null) }, t("common.cancel")));

/** A form in a dialog; `fields(elements)` describes it; resolves with the values by name, or null. */
export function form(title, fields, { yes = t("common.ok"), text = "", danger = false } = {}) {
  return dialog(title, (close) => [
    text && h("p", {}, text),
    h("form", {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        close(Object.fromEntries(new FormData(event.target)));
      },
    }, fields(), buttons(close, yes, { danger })),
  ], CLASS);
}

/** The line that says why; with something in it, so that it costs no tap. */
export const reasonField = (value = t("desk.reason.ruling")) =>
  labelled(t("common.reason"), h("input", { name: "reason", value, maxlength: 200, required: true, autocomplete: "off" }));

/** The absolute address of a link as the server gives it (`#…`), for other devices. */
export async function absolute(fragment) {
  if (/^https?:/.test(fragment)) return fragment; // it is one already
  const root = outside(await about().catch(() => null));
  return new URL(root).href + fragment;
}

/**
 * Show ways in as QR codes: `[{title, link, codes, hint}]`, with the address to copy. `pending`: the
 * promise of them, so that the dialog is there at once.
 */
export function showWays(title, pending, { hint = "" } = {}) {
  let ways = null;
  const shown = dialog(title, () => [
    hint && h("p", { class: "quiet" }, hint),
    ways === null ? h("p", {}, t("common.loading")) : h("div", { class: "ways" }, ways.map(way)),
    h("button", { onclick: () => shown.close(null) }, t("common.close")),
  ], { className: "desk wide" });
  pending.then(async (found) => {
    ways = await Promise.all(found.map(async (each) => ({ ...each, link: await absolute(each.link) })));
    shown.redraw();
  }).catch((error) => {
    shown.close(null);
    refused(error);
  });
  return shown;
}

function way({ title, link, codes = [], mark = null, hint = "" }) {
  return h("section", { class: `way ${mark ? `p${mark}` : ""}`, key: link },
    h("h3", {}, title),
    hint && h("p", { class: "small quiet" }, hint),
    h("gs-qr", { ".text": link, label: t("desk.ways.qr", { title }) }),
    codes?.length > 0 && h("p", { class: "code" }, t("desk.ways.code", { code: spaced(codes[0]) })),
    h("div", { class: "row copy" },
      h("input", { class: "grow", value: link, readonly: true, "aria-label": t("desk.ways.link", { title }), onfocus: (event) => event.target.select() }),
      h("button", { type: "button", onclick: (event) => copy(event.target.previousElementSibling) }, t("desk.ways.copy"))));
}

/** Into the clipboard; a LAN is no secure context, so the old way is often the only one. */
export async function copy(input) {
  input.select();
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
    else if (!document.execCommand("copy")) return toast(t("desk.ways.copySelf"));
    return toast(t("desk.ways.copied"));
  } catch {
    return toast(t("desk.ways.copySelf"));
  }
}
