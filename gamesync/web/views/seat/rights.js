/** What this seat may do here, so that no key is offered that only comes to a refusal. Pure. */

import { cell } from "../../lib/match.js";

/** The game's options; as long as the server does not tell them, those of its profile. */
export function rules(state) {
  const event = state.profile === "event";
  return {
    pause_policy: event ? "judge" : "any",
    undo_by: event ? "agreement" : "own",
    correct_rounds: event ? "current" : "any",
    player_scores: "own",
    need_signatures: event,
    ...state.options,
  };
}

/**
 * Whether `me` fills in this cell; of older rounds the other one does, where events are strict. The
 * table's own screen (`atTable`) fills in both sides', there of the round that is on.
 */
export function mayEnter(state, me, player, round, atTable = false) {
  if (!["ready", "playing", "ended"].includes(state.status)) return false;
  const { correct_rounds, player_scores } = rules(state);
  const older = round > 0 && round < state.turn.round;
  if (atTable) return !older || correct_rounds !== "current";
  if (older && correct_rounds === "current") return player !== me;
  return player === me || player_scores === "both";
}

/** The reasons to stand still that this seat may lift. */
export function mayLift(state) {
  const { pause_policy } = rules(state);
  if (pause_policy === "both") return [];
  const kept = ["round", "judge", ...(pause_policy === "judge" ? ["player:1", "player:2", "both", "contested"] : [])];
  return state.clock.paused.filter((reason) => !kept.includes(reason));
}

/** Whether a cell can be written by now. */
export function isOpen(state, category, round) {
  if (category.per_round === false) return true;
  return round >= (category.first_round ?? 1) && round <= state.turn.round;
}

/** The most that a step may still add to a cell, as far as its own caps go; null: no cap. */
export function roomIn(state, player, category, round) {
  const value = cell(state, player, category.id, round)?.value ?? 0;
  const inRound = category.round_cap == null ? null : category.round_cap - value;
  const inAll = category.cap == null ? null : category.cap - state.scores.players[player - 1].categories[category.id];
  const least = [inRound, inAll].filter((n) => n !== null);
  return least.length ? Math.max(0, Math.min(...least)) : null;
}

/** Whether this is the last turn of the match, after which there is a result. */
export function isLastTurn(state) {
  const { ruleset, turn } = state;
  if (!ruleset.rounds || turn.round < ruleset.rounds || ruleset.turn_model !== "player_turns") return false;
  return turn.active_player !== turn.first_player;
}

/** The categories that belong on the sheet of a round. */
export function categoriesOf(state, round) {
  const last = state.ruleset.rounds && round >= state.ruleset.rounds;
  return state.ruleset.categories.filter((category) =>
    category.per_round === false ? last : round >= (category.first_round ?? 1));
}

/** Under 5 minutes, under 1, over: `low`, `last`, `over`; else empty. */
export function shortOf(clock, ms) {
  if (clock.mode !== "down" || ms === null) return "";
  return ms < 0 ? "over" : ms < 60_000 ? "last" : ms < 300_000 ? "low" : "";
}
