/** Filling in: one row a cell, and the sheet of a round that the end of a turn opens. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { cell, other, totalOf } from "../../lib/match.js";
import { icon } from "./icons.js";
import { endTurn } from "./keys.js";
import { closeModal } from "./modal.js";
import { categoriesOf, isLastTurn, isOpen, roomIn } from "./rights.js";
import { waiting, waitingWords } from "./taps.js";
import { cellName, shortName } from "./words.js";

export const cellKey = (player, category, round) => `${player}/${category}/${round}`;

/** Put a value into a cell; guarded by what we saw there, unless we have just changed it ourselves. */
export function setCell(view, player, category, round, value, more = {}) {
  const { game, client } = view;
  const at = cellKey(player, category.id, round);
  const pending = waiting(client, game).cells.has(at);
  const held = cell(game.state, player, category.id, round);
  const guard = pending ? {} : { if_version: held?.version ?? 0 };
  const what = `${cellName(game.state, category.id, round)}: ${value}`;
  return view.taps.send(`cell:${at}`, what, "score_update", { player, category: category.id, round, value, ...guard, ...more });
}

export function stepCell(view, player, category, round, delta) {
  const at = cellKey(player, category.id, round);
  const what = `${cellName(view.game.state, category.id, round)}: ${delta > 0 ? "+" : "−"}${Math.abs(delta)}`;
  return view.taps.send(`cell:${at}`, what, "score_update", { player, category: category.id, round, delta });
}

/** How a cell's last tap went: `waiting`, `counted`, `refused` or nothing. */
function fate(view, at, wait) {
  if (wait) return view.game.status === "live" ? "sending" : "waiting";
  if (view.taps.problem(`cell:${at}`)) return "refused";
  return view.taps.counted(`cell:${at}`) ? "counted" : "";
}

/** The row of one cell: steps, value, quick values, caps, and how the last tap went. */
export function entryRow(view, player, category, round) {
  const { game, client, taps } = view;
  const { state } = game;
  const at = cellKey(player, category.id, round);
  const held = cell(state, player, category.id, round);
  const wait = waiting(client, game).cells.get(at);
  const said = fate(view, at, wait);
  const room = roomIn(state, player, category, round);
  const open = isOpen(state, category, round);
  const name = cellName(state, category.id, round);
  const step = (delta) => () => stepCell(view, player, category, round, delta);
  const expected = wait ? (wait.value ?? held?.value ?? 0) + wait.delta : (held?.value ?? 0);
  return h("section", { class: "entry", key: at, "data-fate": said, "data-cell": at },
    h("div", { class: "entry-head" },
      h("h3", {}, !held && !wait && h("span", { class: "dot", "aria-hidden": "true" }), category.name),
      h("p", { class: "quiet small" }, capWords(state, player, category, held))),
    h("div", { class: "steps" },
      h("button", { "aria-label": t("seat.less", { name }), disabled: !open || expected <= 0, onclick: step(-1) }, "−"),
      h("output", { class: "value", "aria-label": name }, held ? held.value : "–",
        wait && h("span", { class: "wait" }, waitingWords(wait))),
      h("button", { "aria-label": t("seat.more_", { name }), disabled: !open || (room === 0 && !wait), onclick: step(1) }, "+")),
    category.quick?.length > 0 && h("div", { class: "quick", role: "group", "aria-label": t("seat.quick", { name }) },
      category.quick.map((value) => h("button", {
        "aria-pressed": String(!wait && held?.value === value),
        disabled: !open,
        onclick: () => setCell(view, player, category, round, value),
      }, value))),
    h("p", { class: "fate small", role: "status" }, said === "refused" ? taps.problem(`cell:${at}`) : said && fateWords(said)));
}

const fateWords = (said) => [icon(said === "counted" ? "check" : "waits"), t(`seat.fate.${said}`)];

/** `12 of 15 · 45 of 50 in all`. */
export function capWords(state, player, category, held) {
  const words = [];
  if (category.round_cap != null) words.push(t("seat.ofCap", { value: held?.value ?? 0, cap: category.round_cap }));
  if (category.cap != null && category.per_round !== false) {
    words.push(t("seat.ofCapInAll", { value: totalOf(state, player, category.id), cap: category.cap }));
  } else if (category.cap != null) words.push(t("seat.atMost", { cap: category.cap }));
  return words.join(" · ");
}

/**
 * The sheet of this round. `ends`: it is the end of a turn, or of the round where turns alternate;
 * then the key at its foot passes on.
 */
export function roundSheet(view, { ends = false, endRound = false } = {}) {
  const { me } = view;
  const begun = view.game.state.turn;
  const { round } = begun;
  return {
    name: "round",
    keys: (key) => key.startsWith(`cell:${me}/`),
    title: () => t(endRound ? "seat.sheetRound" : ends ? "seat.sheetEnd" : "seat.sheet", { round }),
    content: () => [
      ends && h("p", { class: "quiet" }, t("seat.sheetSkip")),
      ...categoriesOf(view.game.state, round).map((category) =>
        entryRow(view, me, category, category.per_round === false ? 0 : round)),
    ],
    foot: () => {
      const { state } = view.game;
      if (!ends) return h("button", { class: "main grow", onclick: () => closeModal(view) }, t("seat.done"));
      const passed = state.turn.turn !== begun.turn || state.status !== "playing";
      if (passed) return h("p", {}, t("seat.passedAlready"), h("button", { onclick: () => closeModal(view) }, t("common.close")));
      const words = isLastTurn(state) || (endRound && round === state.ruleset.rounds)
        ? t("seat.endMatch")
        : endRound ? t("seat.endRound", { round }) : t("seat.passTo", { name: shortName(state, other(me)) });
      return h("button", {
        class: "seat-coloured big grow",
        onclick: () => {
          closeModal(view);
          endTurn(view, endRound ? { end_round: true } : {});
        },
      }, icon("turn"), words);
    },
  };
}
