/** One match on a whole screen. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { icon } from "./icons.js";
import { hasSheet, sheet } from "./sheet.js";
import { clockOf, headline, roundText, timeWarning, turnOf } from "./words.js";
import "../../parts/clock.js";

/** `{state, now, ms(player), live}`: what is known, game time, the clocks, whether it can be believed. */
export function match({ state, now, ms, live }) {
  const what = { state, now, ms, live };
  const kinds = [
    "match",
    hasSheet(state) ? "with-sheet" : "without-score",
    state.clock.mode === "none" && "without-clock",
    state.result && "over",
  ];
  return h("div", { class: kinds.filter(Boolean).join(" ") },
    line(what),
    h("div", { class: "sides" }, side(what, 1), side(what, 2)));
}

/** The round as the header of the page says it. */
export const roundOf = (state) => roundText(state.turn.round, state.ruleset.rounds);

function line({ state, now }) {
  const { kind, icon: sign, text, detail, player, clock } = headline(state, now);
  return h("p", { class: `headline ${kind}` },
    h("span", { class: player ? `what p${player}` : "what" }, icon(sign), h("span", {}, text)),
    detail && h("span", { class: clock ? `why p${clock}` : "why" }, clock && icon("clock"), h("span", {}, detail)));
}

function side(what, player) {
  const { state } = what;
  const up = turnOf(state) === player;
  const runs = clockOf(state) === player;
  const won = state.result?.winner === player && !state.scores.frozen;
  const { sign } = mark(state, player);
  const score = state.scores.players[player - 1];
  return h("section", { class: `side p${player}`, "data-turn": String(up), "data-clock": String(runs), "data-won": String(won) },
    h("div", { class: "who" },
      h("h2", { class: "name fit may-wrap" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, sign), ` ${nameOf(state, player)}`),
      h("p", { class: "turn-mark" }, won ? [icon("win"), t("board.winner")] : up ? [icon("turn"), t("common.turn")] : readiness(state, player)),
      h("p", { class: "faction fit" }, about(state, player) || "\u00a0")),
    h("div", { class: "figures" },
      hasSheet(state) && h("p", { class: score.score > 99 ? "score long" : "score" },
        h("span", { class: "visually-hidden" }, `${t("common.score")}: `),
        h("span", { class: "number" }, score.score)),
      h("div", { class: "time" },
        clock(what, player, runs),
        state.ruleset.cp && h("p", { class: "cp" }, h("span", { class: "number" }, score.cp), " ",
          h("abbr", { title: t("common.cpLong") }, t("common.cp"))))),
    sheet(state, player));
}

function clock({ state, ms, live }, player, runs) {
  if (state.clock.mode === "none") return null;
  const shown = ms(player);
  const warning = timeWarning(state.clock, player, shown);
  const long = shown !== null && Math.abs(shown) > 3_599_000;
  return h("div", { class: long ? "clock long" : "clock" },
    h("gs-clock", { "aria-label": t("common.theirClock", { name: nameOf(state, player) }), role: "timer", ".source": { ms: () => ms(player), clock: state.clock, player, live } }),
    h("p", { class: "clock-mark" },
      runs && h("span", { class: "runs" }, icon("clock"), t("board.clockRuns")),
      warning && h("span", { class: `warning ${warning.kind}` }, icon(warning.kind === "flagged" ? "flag" : "low"), warning.text)));
}

function about(state, player) {
  const { faction, detachment, team } = state.players[player - 1];
  const { attacker, first_player } = state.turn;
  const role = attacker && t(attacker === player ? "match.attacker" : "match.defender");
  const first = first_player === player && state.turn.round <= 1 && t("match.first");
  const side = state.ruleset.sides?.[player - 1]?.name ?? "";
  const label = /\d$/.test(side) ? "" : side; // `Player 1` says nothing
  return [label, faction, detachment, team, role, first].filter(Boolean).join(" · ");
}

function readiness(state, player) {
  if (state.status !== "waiting") return null;
  return state.players[player - 1].ready ? ["✓ ", t("board.ready")] : null;
}
