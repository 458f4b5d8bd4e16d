/** One row a table, out of the venue and the list of games; what is wrong there, worst first. Pure. */

import { clockShown } from "../../client/offset.js";

/** Kinds of rows in the order of trouble. */
export const KINDS = [
  "judge", "disputed", "contested", "clocked", "stale", "stuck", "slow", // trouble
  "paused", "playing", "ready", "unsigned", "finished", "free",
];
export const TROUBLE = new Set(KINDS.slice(0, 7));
const IN_PLAY = new Set(["playing"]);
const BEFORE = new Set(["waiting", "setup", "ready"]);
export const DONE = new Set(["ended", "signed", "void"]);
export const STUCK_MIN = 30;

/** `Table 2` before `Table 10`. */
export const natural = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

/** The round of an event that is played: the one started last; before any, the newest. */
export function playedRound(event) {
  return [...event.rounds].reverse().find((round) => round.started_at !== null) ?? event.rounds.at(-1) ?? null;
}

/** The event that the desk is about: that of the round clock, else the open one that has most to say. */
export function currentEvent(venue, wished = "") {
  const open = venue.events.filter((event) => !event.closed);
  return (
    venue.events.find((event) => event.id === wished) ??
    open.find((event) => event.id === venue.round_clock?.event) ??
    open.findLast?.((event) => event.rounds.length) ??
    open.at(-1) ??
    venue.events.at(-1) ??
    null
  );
}

/** Time left on the round clock at game time `now`; null without one. */
export function roundLeft(clock, now) {
  if (!clock) return null;
  return clock.running && now !== null ? clock.left_ms - Math.max(0, now - clock.at) : clock.left_ms;
}

/** What is wrong with a game, or how it stands: `{kind, since}` (game time or null). */
export function stateOf(game, { now, stuckMs = STUCK_MIN * 60_000, pace = null } = {}) {
  if (!game) return { kind: "free", since: null };
  const { clock } = game;
  if (game.judge) return { kind: "judge", since: game.judge.at_ms };
  if (game.disputed) return { kind: "disputed", since: null };
  if (game.contested) return { kind: "contested", since: null };
  if (DONE.has(game.status)) {
    const open = game.status === "ended" && game.profile === "event";
    return { kind: open ? "unsigned" : "finished", since: null };
  }
  if (IN_PLAY.has(game.status)) {
    const over = [1, 2].some((player) => clock?.mode === "down" && clockShown(clock, player, now) <= 0);
    if (over || clock?.flagged?.some((at) => at !== null)) return { kind: "clocked", since: null };
    if (clock?.paused?.includes("link") || silent(game)) return { kind: "stale", since: null };
    if (clock?.paused?.length) return { kind: "paused", since: null };
    if (now !== null && game.turn_began_at && now - game.turn_began_at > stuckMs) {
      return { kind: "stuck", since: game.turn_began_at };
    }
    if (pace && behind(game, pace)) return { kind: "slow", since: null };
    return { kind: "playing", since: null };
  }
  if (BEFORE.has(game.status) && pace?.late) return { kind: "slow", since: null };
  return { kind: "ready", since: null };
}

/** No device that may press is heard, though some have a place. */
function silent({ seats }) {
  if (!seats) return false;
  const links = [seats.host, seats.player1, seats.player2];
  return !links.includes("live") && links.some((link) => link === "lost" || link === "gone");
}

/** More than a battle round behind what the round clock asks for. */
function behind(game, { share }) {
  return game.rounds > 0 && game.round + 1 < Math.floor(share * game.rounds) + 1;
}

/** How far the round has come: `{share: 0…1, late}`; null without a round clock. */
export function paceOf(clock, now) {
  if (!clock || now === null || clock.length_ms <= 0) return null;
  const share = Math.min(1, Math.max(0, 1 - roundLeft(clock, now) / clock.length_ms));
  return { share, late: share > 0.15 };
}

/**
 * All rows, worst first. `venue`: the venue's state; `games`: the list, by id; `options`: `now`
 * (game time), `stuckMs`, and `event`: only its tables and pairings.
 */
export function rowsOf(venue, games, { now = null, stuckMs, event = null } = {}) {
  const rows = [];
  const placed = new Set();
  const paired = pairingsByTable(venue);
  const clock = venue.round_clock;
  const row = (key, table, game, found) => {
    const inRound = clock && (!clock.event || clock.event === found?.event.id);
    const pace = inRound ? paceOf(clock, now) : null;
    const state = stateOf(game, { now, stuckMs, pace });
    rows.push({ key, table, game, pairing: found?.pairing ?? null, event: found?.event ?? null, ...state });
  };
  for (const table of venue.tables) {
    const found = paired.get(table.id);
    if (event && found?.event.id !== event.id) continue;
    const game = games.get(table.game || found?.pairing.game) ?? null;
    if (game) placed.add(game.game_id);
    row(table.id, table, game, found);
  }
  if (!event) {
    for (const game of games.values()) {
      if (placed.has(game.game_id) || game.status === "signed" || game.status === "void") continue;
      if (DONE.has(game.status) && !game.disputed && !game.judge) continue;
      row(`g:${game.game_id}`, null, game, null);
    }
  }
  return rows.sort(worstFirst);
}

function worstFirst(a, b) {
  return (
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    (a.since ?? Infinity) - (b.since ?? Infinity) ||
    natural(nameOfRow(a), nameOfRow(b))
  );
}

/** What people call the place of a row. */
export const nameOfRow = ({ table, game }) => table?.name || game?.table || "";

function pairingsByTable(venue) {
  const found = new Map();
  for (const event of venue.events) {
    if (event.closed) continue;
    for (const pairing of event.rounds.at(-1)?.pairings ?? []) {
      if (pairing.table) found.set(pairing.table, { event, pairing });
    }
  }
  return found;
}

/** Who sits at a row's seat, by the game, else by the pairing. */
export function personOf({ game, pairing, event }, player) {
  const person = event?.participants.find((each) => each.id === pairing?.[`p${player}`]);
  return {
    name: game?.[`player${player}_name`] || person?.name || "",
    faction: game?.[`faction${player}`] || person?.faction || "",
    id: person?.id ?? "",
  };
}

/** Rows of calls, the longest waiting first; those to which somebody goes after those to which nobody does. */
export function callsOf(rows) {
  const taken = (row) => Number(Boolean(row.game.judge.taken_by || row.game.judge.taken_at_ms));
  return rows
    .filter((row) => row.game?.judge)
    .sort((a, b) => taken(a) - taken(b) || a.game.judge.at_ms - b.game.judge.at_ms);
}

/** What the last power cut has left: `{gap, games, round}`; its `gap_ms` is null where nobody knows. */
export function powerCut(venue, games) {
  const held = [...games.values()].filter((game) => game.clock?.paused?.includes("server") && !DONE.has(game.status));
  const round = Boolean(venue.round_clock?.paused.includes("server"));
  const gap = [...(venue.gaps ?? [])].reverse().find((each) => each.long) ?? null;
  return held.length || round || gap ? { gap, games: held, round } : null;
}
