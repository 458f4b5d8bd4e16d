/** What a screen says of a match in words: who is up, why it stands, how it ended. Pure. */

import { lengthText } from "../../lib/format.js";
import { maybe, t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";

export const LOW_MS = 300_000;
export const LAST_MS = 60_000;
const BEFORE_PLAY = new Set(["waiting", "setup", "ready"]);

/** Whose turn it is; 0: nobody's. */
export const turnOf = (state) => (state.status === "playing" && !state.turn.awaiting ? state.turn.active_player : 0);

/** Whose clock runs; 0: nobody's. */
export const clockOf = (state) => (state.clock?.running ? state.clock.side : 0);

/** `Round 3 of 5`; empty before play and in games without rounds. */
export function roundText(round, rounds) {
  if (!round || rounds === 0) return "";
  return rounds ? t("board.roundOf", { round, rounds }) : t("common.round", { round });
}

/** What one word says of a player's time: `{kind: low|last|over|flagged, text}` or null. */
export function timeWarning(clock, player, ms) {
  if (!clock || clock.mode !== "down" || ms === null || ms === undefined) return null;
  if (clock.flagged?.[player - 1] !== null && clock.flagged?.[player - 1] !== undefined) {
    return { kind: "flagged", text: t("match.flagged") };
  }
  if (!clock.started) return null;
  if (ms < 0) return { kind: "over", text: t("board.over") };
  if (ms < LAST_MS) return { kind: "last", text: t("board.last") };
  return ms < LOW_MS ? { kind: "low", text: t("board.low") } : null;
}

/** Why a clock stands, after the word "Paused": `by Anna`, `judge`. */
export function pauseText(paused, state) {
  const [reason] = paused;
  const seat = /^player:(\d)$/.exec(reason);
  const name = seat && nameOf(state, Number(seat[1]));
  if (name) return t("board.pausedBy", { name });
  return maybe(`board.why.${reason}`) ?? maybe(`match.paused.${reason}`) ?? reason;
}

/**
 * The line that a screen gives a match: `{kind, icon, text, detail}`. `now` is game time. Where
 * nothing special is, it says whose turn and whose clock it is.
 */
export function headline(state, now) {
  const { status, result, clock, judge, turn } = state;
  const since = (at) => (now === null || now === undefined ? "" : lengthText(now - at));
  if (status === "void") return { kind: "quiet", icon: "flag", text: t("match.status.void"), detail: "" };
  if (state.scores?.frozen) {
    return { kind: "review", icon: "review", text: t("match.frozen"), detail: t("board.frozenWhy") };
  }
  if (result) {
    const text = result.winner ? t("match.wins", { name: nameOf(state, result.winner) }) : t("common.draw");
    return { kind: "won", icon: "win", text, detail: maybe(`match.how.${result.how}`) ?? result.how };
  }
  if (judge && (status === "playing" || clock.paused.length)) {
    const called = t("match.judgeCalled", { time: since(judge.at_ms) });
    const name = judge.taken_by?.name;
    const detail = judge.taken_by ? (name ? t("match.judgeComing", { name }) : t("board.judgeComes")) : "";
    return { kind: "judge", icon: "judge", text: called, detail };
  }
  if (clock.paused.length && status === "playing") {
    return { kind: "paused", icon: "pause", text: `${t("match.paused_")} ${since(clock.at)}`.trim(), detail: pauseText(clock.paused, state) };
  }
  if (BEFORE_PLAY.has(status)) return before(state);
  if (status !== "playing") return { kind: "quiet", icon: "flag", text: maybe(`match.status.${status}`) ?? status, detail: "" };
  if (turn.awaiting) return { kind: "quiet", icon: "turn", text: t("board.between"), detail: maybe(`board.awaiting.${turn.awaiting}`) ?? "" };
  const side = turnOf(state);
  const runs = clockOf(state);
  return {
    kind: "play",
    icon: "turn",
    player: side,
    text: side ? t("common.theirTurn", { name: nameOf(state, side) }) : "",
    detail: runs && runs !== side ? t("board.clockOf", { name: nameOf(state, runs) }) : "",
    clock: runs && runs !== side ? runs : 0,
  };
}

function before(state) {
  const { status, setup } = state;
  let detail = "";
  if (status === "setup" && setup?.step) {
    const rolls = setup.rolls?.some(Boolean) ? ` ${setup.rolls.map((die) => die || "–").join(" : ")}` : "";
    detail = `${setup.name}${rolls}${setup.tied ? `, ${t("board.tied")}` : ""}`;
  }
  return { kind: "quiet", icon: "flag", text: t(`match.status.${status}`), detail };
}

/** The same of a line of `game_list`, in few words: `{kind, icon, text}`. */
export function lineHeadline(line, now) {
  const since = (at) => (now === null ? "" : lengthText(now - at));
  const { status, clock, judge, result } = line;
  const names = { players: [{ name: line.player1_name }, { name: line.player2_name }] };
  if (line.frozen) return { kind: "review", icon: "review", text: t("board.review") };
  if (result && (status === "ended" || status === "signed")) {
    const text = result.winner ? t("match.wins", { name: nameOf(names, result.winner) }) : t("common.draw");
    return { kind: "won", icon: "win", text };
  }
  if (judge) return { kind: "judge", icon: "judge", text: t("board.judge", { time: since(judge.at_ms) }).trim() };
  if (clock?.paused?.length && status === "playing") {
    return { kind: "paused", icon: "pause", text: `${t("match.paused_")} ${since(clock.at)}`.trim() };
  }
  if (status === "playing") return { kind: "play", icon: "", text: roundText(line.round, line.rounds) || t("match.status.playing") };
  return { kind: "quiet", icon: "", text: maybe(`board.status.${status}`) ?? maybe(`match.status.${status}`) ?? status };
}
