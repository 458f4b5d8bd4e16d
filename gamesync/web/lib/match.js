/** What pages ask of a match's state: names, seats, cells, who is up. Pure. */

import { t } from "./i18n.js";

const SHAPES = { 1: "circle", 2: "square" };
const SIGNS = { circle: "●", square: "■", diamond: "◆", triangle: "▲" };

/** The other seat. */
export const other = (player) => 3 - player;

/** A player's name, or which seat it is as long as nobody has said. */
export function nameOf(state, player) {
  return state?.players?.[player - 1]?.name || t("common.player", { player });
}

/** Shape and sign of a seat; colour comes from CSS (`.p1`, `.p2`), or the ruleset. */
export function mark(state, player) {
  const shape = state?.ruleset?.sides?.[player - 1]?.shape ?? SHAPES[player];
  return { shape, sign: SIGNS[shape] ?? SIGNS[SHAPES[player]] };
}

/** One cell of the sheet: `{value, version, by}` or undefined. Round 0 is the whole game's. */
export function cell(state, player, category, round) {
  return state.scores.cells.find(
    (c) => c.player === player && c.category === category && c.round === round,
  );
}

/** The rounds in which a category is scored: `[0]` if it counts once for the whole game. */
export function roundsOf(state, category) {
  if (category.per_round === false) return [0];
  const last = state.ruleset.rounds || state.turn.round || 1;
  const first = category.first_round ?? 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** What a category has come to for a player. */
export const totalOf = (state, player, category) =>
  state.scores.players[player - 1].categories[category] ?? 0;

/** Cells of rounds gone by that nobody has filled in: `[{player, category, round}]`. */
export function emptyCells(state, player) {
  const { round } = state.turn;
  const over = state.status === "ended" || state.status === "signed";
  return state.ruleset.categories.flatMap((category) =>
    roundsOf(state, category)
      .filter((r) => r !== 0 && (over ? r <= round : r < round))
      .filter((r) => !cell(state, player, category.id, r))
      .map((r) => ({ player, category, round: r })),
  );
}

/** Whether the clock could run at all, and stands because somebody stopped it. */
export const paused = (state) => state.clock.paused.length > 0;
