/** One player's score sheet as a small table: categories down, rounds across. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { cell, nameOf, roundsOf, totalOf } from "../../lib/match.js";

const MOST = 6; // more rounds than this do not fit: the newest are shown
const CORRECTION = "total"; // where a bare total is put that nobody has split up

/** Whether there is anything to put into a sheet. */
export const hasSheet = (state) => state.ruleset.categories.length > 0;

/** The rounds that have a column. */
export function columns(state) {
  const last = Math.max(state.ruleset.rounds || 0, state.turn.round || 0, 1);
  const newest = last > MOST ? Math.max(state.turn.round, MOST) : last;
  const first = Math.max(1, newest - MOST + 1);
  return Array.from({ length: newest - first + 1 }, (_, i) => first + i);
}

export function sheet(state, player) {
  if (!hasSheet(state)) return null;
  const rounds = columns(state);
  const now = state.status === "playing" ? state.turn.round : 0;
  const corrected = state.scores.cells.some((c) => c.player === player && c.category === CORRECTION);
  return h("table", { class: "sheet" },
    h("caption", { class: "visually-hidden" }, t("board.sheetOf", { name: nameOf(state, player) })),
    h("thead", {}, h("tr", {},
      h("td", {}),
      rounds.map((round) => h("th", { scope: "col", class: round === now ? "number now" : "number", "aria-label": t("common.round", { round }), "aria-current": round === now && "true" }, round)),
      h("th", { scope: "col", class: "number sum" }, t("common.total")))),
    h("tbody", {},
      state.ruleset.categories.map((category) => row(state, player, category, rounds, now)),
      corrected && row(state, player, { id: CORRECTION, name: t("board.correction") }, rounds, now)));
}

function row(state, player, category, rounds, now) {
  const scored = roundsOf(state, category);
  const total = category.id === CORRECTION ? "" : totalOf(state, player, category.id);
  return h("tr", {},
    h("th", { scope: "row" }, category.name),
    rounds.map((round) => {
      const value = cell(state, player, category.id, round)?.value;
      const text = value ?? (scored.includes(round) && round < now ? "·" : "");
      return h("td", { class: round === now ? "number now" : "number" }, text);
    }),
    h("td", { class: "number sum" }, total));
}
