/** The sheet's part on what was done: by whom, when, why; and taking it back, seen before it is done. */

import { h } from "../../lib/dom.js";
import { clockText, timeOfDay } from "../../lib/format.js";
import { language, refusal, t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";
import { dialog } from "../../parts/dialog.js";
import { refused } from "../../parts/toasts.js";
import { act, buttons, CLASS } from "./ui.js";
import { byWords, categoryName, factWords } from "./words.js";

const PAGE = 25;

export function history(sheet) {
  const { past, game } = sheet;
  return h("details", {
    class: "part history",
    ontoggle: (event) => {
      past.open = event.target.open;
      if (past.open) refresh(sheet);
    },
  },
    h("summary", {}, h("h3", {}, t("desk.history.title"))),
    past.open && past.version !== game.version && past.entries && h("button", { onclick: () => refresh(sheet) }, t("desk.history.newer")),
    past.entries === null ? past.open && h("p", {}, t("common.loading")) : h("ol", { class: "plain" }, past.entries.map((entry) => line(sheet, entry))),
    past.next !== null && past.entries && h("button", { onclick: () => more(sheet) }, t("desk.history.more")));
}

async function refresh(sheet) {
  sheet.past.entries = null;
  sheet.past.next = null;
  await more(sheet);
}

async function more(sheet) {
  const { past, game } = sheet;
  try {
    const { version } = game;
    const page = await game.ask("history", { limit: PAGE, ...(past.next ? { before: past.next } : {}) });
    past.entries = [...(past.entries ?? []), ...page.entries];
    past.next = page.next ?? null;
    past.version = version;
  } catch (error) {
    past.entries ??= [];
    refused(error);
  }
  sheet.update();
}

function line(sheet, entry) {
  const { state } = sheet.game;
  const words = entry.facts.map((fact) => factWords(fact, state)).join("; ") || entry.type;
  return h("li", { key: String(entry.version), class: entry.struck ? "struck" : "" },
    h("div", { class: "grow" },
      h("p", {}, entry.struck ? h("s", {}, words) : words, entry.struck && h("span", { class: "tag" }, t("desk.history.struck"))),
      h("p", { class: "small quiet" }, [timeOfDay(entry.wall, language), byWords(entry.by, state), entry.reason && `“${entry.reason}”`].filter(Boolean).join(" · "))),
    entry.undoable && !entry.struck && h("button", { onclick: () => undo(sheet, entry, words) }, t("common.undo"), h("span", { class: "visually-hidden" }, `: ${words}`)));
}

/** First what would become of the match, then, if that is wanted, it is done. */
async function undo(sheet, entry, words) {
  const { game, desk } = sheet;
  let preview = null;
  const asked = dialog(t("desk.history.undoAsk"), (close) => [
    h("p", {}, words),
    preview === null ? h("p", {}, t("common.loading")) : preview,
    h("form", {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        close(event.target.elements.reason.value.trim());
      },
    },
      h("label", { class: "field" }, h("span", {}, t("common.reason")), h("input", { name: "reason", value: sheet.reason, maxlength: 200, required: true })),
      buttons(close, t("common.undo"), { danger: true, disabled: preview === null || preview.bad })),
  ], CLASS);
  game.send("undo", { version: entry.version, dry_run: true }).then(
    ({ detail }) => (preview = changes(game, detail)),
    (error) => {
      preview = h("p", { class: "notice bad" }, refusal(error), error.detail?.in_the_way ? ` ${t("desk.history.inTheWay", { n: error.detail.in_the_way.length })}` : "");
      preview.bad = true;
    },
  ).finally(() => asked.redraw());
  const reason = await asked;
  if (reason === null) return;
  await act(desk, `${game.id}:undo`, () => game.send("undo", { version: entry.version, reason }), t("desk.said.undone"));
  refresh(sheet);
}

/** Before and after, where people look: scores, clocks, turn, status. */
function changes(game, { before = {}, state: after = {}, voided = [] }) {
  const { state } = game;
  const rows = [];
  const add = (what, from, to) => String(from) !== String(to) && rows.push([what, from, to]);
  if (after.scores) {
    for (const player of [1, 2]) {
      const [had, has] = [before.scores, after.scores].map((scores) => scores?.players?.[player - 1]);
      if (!had || !has) continue;
      const name = nameOf(state, player);
      for (const id of new Set([...Object.keys(had.categories), ...Object.keys(has.categories)])) {
        add(`${name}: ${categoryName(state, id)}`, had.categories[id] ?? 0, has.categories[id] ?? 0);
      }
      add(`${name}: ${t("common.total")}`, had.score, has.score);
      add(`${name}: ${t("common.cp")}`, had.cp, has.cp);
    }
  }
  if (after.clock && before.clock) {
    for (const player of [1, 2]) {
      const text = (clock) => clockText(clock[`p${player}_ms`], { tenths: false });
      add(`${nameOf(state, player)}: ${t("desk.sheet.time")}`, text(before.clock), text(after.clock));
    }
  }
  if (after.turn && before.turn) {
    const text = (turn) => `${t("common.round", { round: turn.round })}${turn.active_player ? `, ${t("common.theirTurn", { name: nameOf(state, turn.active_player) })}` : ""}`;
    add(t("common.turn"), text(before.turn), text(after.turn));
  }
  if (after.status) add(t("desk.head.state"), t(`match.status.${before.status ?? state.status}`), t(`match.status.${after.status}`));
  return h("div", { class: "stack" },
    rows.length === 0 ? h("p", { class: "quiet" }, t("desk.history.nothing")) : h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("desk.history.what"))), h("th", { scope: "col", class: "number" }, t("desk.history.now")), h("th", { scope: "col", class: "number" }, t("desk.history.then")))),
      h("tbody", {}, rows.map(([what, from, to]) => h("tr", {}, h("th", { scope: "row" }, what), h("td", { class: "number" }, String(from)), h("td", { class: "number" }, String(to)))))),
    voided.length > 0 && h("p", { class: "notice warn" }, t("desk.history.voided", { n: voided.length })));
}
