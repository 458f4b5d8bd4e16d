/** Everything that was done, newest first; any of it can be taken back, once it is seen what that changes. */

import { h } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { language, refusal, t } from "../../lib/i18n.js";
import { refused, toast } from "../../parts/toasts.js";
import { byWords, differences, factWords } from "../seat/words.js";

const PAGE = 40;

export function logModal(view) {
  const { game } = view;
  let entries = [];
  let next = null;
  let why = null;
  let version = null;
  let chosen = null;
  const ask = async (before) => {
    try {
      const page = await game.ask("history", { limit: PAGE, ...(before && { before }) });
      entries = before ? [...entries, ...page.entries] : page.entries;
      next = page.next;
      why = null;
    } catch (error) {
      why = refusal(error);
    }
    view.update();
  };
  const choose = async (entry) => {
    chosen = chosen?.entry === entry ? null : { entry };
    view.update();
    if (!chosen) return;
    try {
      const { detail } = await game.send("undo", { version: entry.version, dry_run: true });
      chosen.words = detail.before ? differences(game.state, detail.before, detail.state, 0) : [t("host.otherChange")];
    } catch (error) {
      chosen.why = refusal(error);
    }
    view.update();
  };
  const undo = async (entry) => {
    chosen = null;
    if (await game.send("undo", { version: entry.version }).catch(refused)) toast(t("host.undone"));
  };
  return {
    name: "log",
    title: () => t("host.log"),
    content: () => {
      if (game.version !== version) {
        version = game.version;
        ask();
      }
      return [
        why && h("p", { class: "error" }, why),
        h("ol", { class: "plain log" }, entries.filter(shown).map((entry) => line(view, entry, chosen, choose, undo))),
        next && h("button", { onclick: () => ask(next) }, t("host.older")),
      ];
    },
  };
}

/** That codes were shown is of no interest to anybody. */
const shown = (entry) => entry.facts.some(({ fact }) => fact !== "invited");

function line(view, entry, chosen, choose, undo) {
  const { state } = view.game;
  const words = entry.facts.map((fact) => factWords(state, fact, 0)).join(", ") || entry.type;
  const open = chosen?.entry === entry;
  return h("li", { key: entry.version, class: entry.struck ? "struck" : "" },
    h("button", { class: "line", disabled: !entry.undoable, "aria-expanded": entry.undoable ? String(open) : null, onclick: () => choose(entry) },
      h("span", { class: "quiet small number" }, timeOfDay(entry.wall, language)),
      h("span", { class: "grow" }, words, entry.reason && h("span", { class: "quiet" }, ` (${entry.reason})`)),
      h("span", { class: "quiet small" }, entry.struck ? t("host.struck") : byWords(state, entry.by, 0))),
    open && h("div", { class: "preview stack" },
      chosen.words && h("ul", {}, chosen.words.map((each) => h("li", {}, each))),
      chosen.why ? h("p", { class: "error" }, chosen.why)
        : chosen.words && h("button", { class: "main", onclick: () => undo(entry) }, t("host.undoThis"))));
}
