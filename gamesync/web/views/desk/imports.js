/** Import from CSV: pasted or out of a file; read here, every fault named with its line, then sent. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { dialog } from "../../parts/dialog.js";

const SHOWN = 8;

/**
 * Ask for a text and show what it comes to, while it is typed. `readText(text)` gives `{errors, rows |
 * pairings, known?, unpaired?}`; `line(row)` tells one in words. Resolves with what was read, or null.
 */
export function importDialog(kind, readText, line) {
  let text = "";
  let found = null;
  const look = (value) => {
    text = value;
    found = text.trim() ? readText(text) : null;
    shown.redraw();
  };
  const file = async (event) => {
    const [chosen] = event.target.files;
    if (chosen) look(decode(await chosen.arrayBuffer()));
  };
  const shown = dialog(t(`desk.import.${kind}`), (close) => {
    const rows = found?.rows ?? found?.pairings ?? [];
    const good = found !== null && found.errors.length === 0 && rows.length > 0;
    return [
      h("p", { class: "small" }, t(`desk.import.hint.${kind}`)),
      h("label", { class: "field" }, h("span", {}, t("desk.import.file")), h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", onchange: file })),
      h("label", { class: "field" }, h("span", {}, t("desk.import.paste")),
        h("textarea", { rows: 6, value: text, spellcheck: "false", placeholder: t(`desk.csv.${kind}`), oninput: (event) => look(event.target.value) })),
      found && faults(found),
      found && found.errors.length === 0 && preview(found, rows, line),
      h("div", { class: "row" },
        h("button", { class: "main grow", disabled: !good, onclick: () => close(found) }, t("desk.import.send", { n: rows.length })),
        h("button", { class: "grow", onclick: () => close(null) }, t("common.cancel"))),
    ];
  }, { className: "desk wide" });
  return shown;
}

/** UTF-8, or what older spreadsheets write. */
function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function faults({ errors }) {
  if (!errors.length) return null;
  return h("div", { class: "notice bad faults", role: "alert" },
    h("p", {}, h("strong", {}, t("desk.import.faults", { n: errors.length }))),
    h("ul", {}, errors.slice(0, 30).map(({ line, code, values }) => h("li", {}, h("strong", {}, t("desk.import.line", { n: line })), ` ${t(`desk.csv.error.${code}`, values)}`))));
}

function preview(found, rows, line) {
  const { known = [], unpaired = [] } = found;
  return h("div", { class: "preview" },
    h("p", {}, t("desk.import.found", { n: rows.length })),
    rows.length > 0 && h("ul", { class: "plain small" }, rows.slice(0, SHOWN).map((row) => h("li", {}, line(row))), rows.length > SHOWN && h("li", { class: "quiet" }, t("desk.import.more", { n: rows.length - SHOWN }))),
    known.length > 0 && h("p", { class: "small quiet" }, t("desk.import.known", { n: known.length })),
    unpaired.length > 0 && h("p", { class: "notice warn small" }, t("desk.import.unpaired", { names: unpaired.map((person) => person.name).join(", ") })));
}
