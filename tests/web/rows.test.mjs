import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./world.mjs";

const { callsOf, currentEvent, paceOf, powerCut, roundLeft, rowsOf, stateOf } = await load("views/desk/rows.js");

const NOW = 10_000_000;
const clock = { mode: "down", side: 1, running: true, started: true, at: NOW, p1_ms: 3_600_000, p2_ms: 3_600_000, free_ms: 0, flagged: [null, null], paused: [], on_flag: "overtime" };
const seats = { host: "live", player1: "none", player2: "none" };
const game = (id, more = {}) => ({
  game_id: id, status: "playing", profile: "event", round: 2, rounds: 5, judge: null, disputed: false, contested: false,
  clock, seats, turn_began_at: NOW - 60_000, player1_name: "", player2_name: "", faction1: "", faction2: "", table: "", ...more,
});
const kind = (more, options = {}) => stateOf(game("g", more), { now: NOW, ...options }).kind;
const paused = (...reasons) => ({ clock: { ...clock, running: false, paused: reasons } });

for (const [expected, more, options] of [
  ["playing", {}],
  ["judge", { judge: { at_ms: 5 }, disputed: true }],
  ["disputed", { disputed: true, contested: true }],
  ["contested", { contested: true, ...paused("contested") }],
  ["clocked", { clock: { ...clock, flagged: [null, 77] } }],
  ["clocked", { clock: { ...clock, p1_ms: -1 } }],
  ["clocked", { clock: { ...clock, p1_ms: 5_000, at: NOW - 5_000 } }], // it fell while nobody told us
  ["stale", paused("link")],
  ["stale", { seats: { host: "gone", player1: "lost", player2: "none" } }],
  ["playing", { seats: { host: "gone", player1: "live", player2: "none" } }],
  ["playing", { seats: { host: "none", player1: "none", player2: "none" } }], // nothing to be missed
  ["paused", paused("judge")],
  ["paused", { ...paused("host"), turn_began_at: 0 }], // stopped, so not stuck
  ["stuck", { turn_began_at: NOW - 31 * 60_000 }],
  ["playing", { turn_began_at: NOW - 29 * 60_000 }],
  ["stuck", { turn_began_at: NOW - 6 * 60_000 }, { stuckMs: 5 * 60_000 }],
  ["slow", { round: 2 }, { pace: { share: 0.7, late: true } }],
  ["playing", { round: 3 }, { pace: { share: 0.7, late: true } }],
  ["playing", { round: 1, rounds: 0 }, { pace: { share: 0.9, late: true } }], // chess: no rounds
  ["slow", { status: "setup" }, { pace: { share: 0.2, late: true } }],
  ["ready", { status: "setup" }],
  ["unsigned", { status: "ended" }],
  ["finished", { status: "ended", profile: "club" }],
  ["finished", { status: "signed" }],
  ["disputed", { status: "ended", disputed: true }],
]) {
  test(`${expected}: ${JSON.stringify(more).slice(0, 60)} ${JSON.stringify(options ?? "")}`, () => assert.equal(kind(more, options), expected));
}

test("a table without a game is free", () => assert.equal(stateOf(null).kind, "free"));

const venue = (more = {}) => ({ tables: [], events: [], round_clock: null, gaps: [], settings: {}, ...more });
const tables = ["10", "2", "1", "7"].map((n) => ({ id: `t${n}`, name: `Table ${n}`, game: `g${n}`, devices: [] }));
const list = (...games) => new Map(games.map((each) => [each.game_id, each]));

test("worst first, then as people count", () => {
  const games = list(game("g10"), game("g2"), game("g1", { status: "signed" }), game("g7", { disputed: true }));
  assert.deepEqual(rowsOf(venue({ tables }), games, { now: NOW }).map((row) => row.table.name), ["Table 7", "Table 2", "Table 10", "Table 1"]);
});

test("who has waited longest for a judge is first", () => {
  const games = list(game("g2", { judge: { at_ms: 50 } }), game("g10", { judge: { at_ms: 20 } }));
  const rows = rowsOf(venue({ tables }), games, { now: NOW });
  assert.deepEqual(rows.slice(0, 2).map((row) => row.table.name), ["Table 10", "Table 2"]);
});

test("calls to which somebody goes stand behind those to which nobody does", () => {
  const games = list(game("g2", { judge: { at_ms: 10, taken_by: "Tom", taken_at_ms: 15 } }), game("g10", { judge: { at_ms: 20, taken_by: "", taken_at_ms: null } }));
  assert.deepEqual(callsOf(rowsOf(venue({ tables }), games, { now: NOW })).map((row) => row.game.game_id), ["g10", "g2"]);
});

test("games at no table have rows as long as there is something to do", () => {
  const games = list(game("a"), game("b", { status: "ended" }), game("c", { status: "signed" }), game("d", { status: "ended", disputed: true }));
  assert.deepEqual(rowsOf(venue(), games, { now: NOW }).map((row) => row.game.game_id), ["d", "a"]);
});

test("a table of a pairing has its game before the round puts it there", () => {
  const event = { id: "e", closed: false, participants: [], rounds: [{ number: 1, started_at: null, pairings: [{ table: "t2", p1: "a", p2: "b", game: "g9" }] }] };
  const bare = [{ id: "t2", name: "Table 2", game: "", devices: [] }];
  const [row] = rowsOf(venue({ tables: bare, events: [event] }), list(game("g9")), { now: NOW, event });
  assert.equal(row.game.game_id, "g9");
});

test("only the tables of an event, if it is asked for", () => {
  const event = { id: "e", closed: false, participants: [], rounds: [{ number: 1, started_at: 1, pairings: [{ table: "t2", p1: "a", p2: "b", game: "" }] }] };
  assert.deepEqual(rowsOf(venue({ tables, events: [event] }), list(game("g2"), game("x")), { now: NOW, event }).map((row) => row.key), ["t2"]);
});

test("the round clock runs from where it was told", () => {
  const round = { left_ms: 60_000, at: NOW, running: true, paused: [], length_ms: 120_000 };
  assert.equal(roundLeft(round, NOW + 10_000), 50_000);
  assert.equal(roundLeft({ ...round, running: false }, NOW + 10_000), 60_000);
  assert.equal(roundLeft(null, NOW), null);
  assert.equal(paceOf(round, NOW).share, 0.5);
  assert.equal(paceOf({ ...round, left_ms: -5 }, NOW).share, 1);
});

test("after a power cut: how long, and which tables stand", () => {
  const held = game("g2", paused("server"));
  const gaps = [{ from_ms: 1, to_ms: 2, gap_ms: 500, long: false }, { from_ms: 5, to_ms: 6, gap_ms: 360_000, long: true }];
  const cut = powerCut(venue({ gaps, round_clock: { paused: ["server"] } }), list(held, game("g1"), game("g7", { ...paused("server"), status: "signed" })));
  assert.deepEqual([cut.gap.gap_ms, cut.games.length, cut.round], [360_000, 1, true]);
  assert.equal(powerCut(venue({ gaps: gaps.slice(0, 1) }), list(game("g1"))), null);
});

test("the desk is about the event of the round clock, else the open one that is paired", () => {
  const event = (id, rounds, closed = false) => ({ id, closed, rounds });
  const events = [event("a", [1]), event("b", []), event("c", [1], true)];
  assert.equal(currentEvent(venue({ events })).id, "a");
  assert.equal(currentEvent(venue({ events, round_clock: { event: "b" } })).id, "b");
  assert.equal(currentEvent(venue({ events }), "c").id, "c");
  assert.equal(currentEvent(venue()), null);
});
