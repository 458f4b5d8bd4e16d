import assert from "node:assert/strict";
import { test } from "node:test";
import { change, joined, load } from "./world.mjs";

const { Stream } = await load("client/stream.js");

const client = { live: true, now: () => 5_000, sent: [], send: (...all) => client.sent.push(all) };

/** A stream in step at `version`, and what it told its listeners. */
function inStep(version = 12, more = {}) {
  const stream = new Stream(client, { game_id: "g1", key: "secret00" });
  const heard = [];
  stream.addEventListener("change", ({ detail }) => heard.push(detail?.version ?? null));
  stream.asked = "q";
  assert.equal(stream.joined(joined("g1", version, more)), true);
  return { stream, heard };
}

test("joined: all there is, and the secret is needed no more", () => {
  const { stream, heard } = inStep();
  assert.deepEqual([stream.version, stream.player, stream.role, stream.status], [12, 1, "player", "live"]);
  assert.deepEqual(stream.way, { game_id: "g1" });
  assert.deepEqual(stream.resume, { epoch: "E1", version: 12 });
  assert.deepEqual(heard, [null]);
  assert.ok(stream.may("host", "player:1") && !stream.may("judge"));
});

test("a change puts its sections in place of ours, whole, and leaves the others", () => {
  const { stream, heard } = inStep();
  const before = stream.state;
  assert.equal(stream.received(change(13, { scores: { n: 5 } })), true);
  assert.deepEqual(stream.state, { scores: { n: 5 }, clock: null });
  assert.deepEqual(before.scores, { n: 0 }); // who drew the old one has it still
  assert.deepEqual([stream.version, heard], [13, [null, 13]]);
});

test("what was had before is ignored", () => {
  const { stream, heard } = inStep();
  assert.equal(stream.received(change(12, { scores: { n: 99 } })), true);
  assert.equal(stream.received(change(3, { scores: { n: 98 } })), true);
  assert.deepEqual([stream.state.scores.n, heard], [0, [null]]);
});

test("a gap: nothing is applied, and it has to be asked for", () => {
  const { stream } = inStep();
  assert.equal(stream.received(change(14, { scores: { n: 9 } })), false);
  assert.deepEqual([stream.version, stream.state.scores.n], [12, 0]);
});

test("a gap that is being asked about is not asked about again", () => {
  const { stream } = inStep();
  stream.asked = "again";
  assert.equal(stream.received(change(14, {})), true);
});

test("a beat or an answer ahead of us shows a gap, too", () => {
  const { stream } = inStep();
  const beat = { type: "timer_update", game_id: "g1", version: 13, data: { beat: true, state: { clock: {} } } };
  assert.equal(stream.received(beat), false);
  assert.equal(stream.received({ ...beat, version: 12 }), true);
  assert.equal(stream.received({ type: "ack", id: "x", game_id: "g1", version: 13, data: {} }), false);
  assert.equal(stream.state.clock, null);
});

test("recovered: what was missed follows; in step only when it is all there", () => {
  const { stream, heard } = inStep();
  stream.lost();
  stream.asked = "q2";
  const { data } = joined("g1", 14, { recovered: true });
  assert.equal(stream.joined({ game_id: "g1", version: 14, data: { ...data, state: undefined } }), true);
  assert.deepEqual([stream.recovered, stream.version, stream.synced, stream.status], [true, 12, false, "stale"]);
  assert.equal(stream.received(change(13, { scores: { n: 1 } })), true);
  assert.equal(stream.synced, false);
  assert.equal(stream.received(change(14, { scores: { n: 2 } })), true);
  assert.deepEqual([stream.synced, stream.status, stream.state.scores.n], [true, "live", 2]);
  assert.deepEqual(heard, [null, null, 13, 14]);
});

test("not recovered: what we had is thrown away, of another epoch, too", () => {
  const { stream } = inStep();
  const state = { scores: { n: 7 } };
  stream.joined(joined("g1", 3, { recovered: false, epoch: "E2", state }));
  assert.deepEqual([stream.version, stream.state, stream.recovered], [3, state, false]);
  assert.deepEqual(stream.resume, { epoch: "E2", version: 3 });
});

test("who becomes one of the match sees more: it has to come anew", () => {
  const { stream } = inStep(12, { rights: [], role: "observer", player: 0 });
  const { data } = joined("g1", 12, { recovered: true });
  assert.equal(stream.joined({ game_id: "g1", version: 12, data: { ...data, state: undefined } }), false);
  assert.equal(stream.resume, undefined);
});

test("what the public may see less of is applied like any other", () => {
  const { stream } = inStep();
  const hidden = { type: "score_update", game_id: "g1", version: 13, data: { by: {}, facts: [], state: {} } };
  assert.equal(stream.received(hidden), true);
  assert.deepEqual([stream.version, stream.state.scores.n], [13, 0]);
});

test("a slow observer is told all of it at once", () => {
  const { stream, heard } = inStep();
  const all = { type: "game_state", game_id: "g1", version: 40, data: { recovered: false, state: { scores: { n: 4 } } } };
  assert.equal(stream.received(all), true);
  assert.deepEqual([stream.version, stream.state, heard], [40, { scores: { n: 4 } }, [null, null]]);
});

test("a game_state with facts is a change, not all of it", () => {
  const { stream } = inStep();
  stream.received({ ...change(13, { turn: { round: 2 } }), type: "game_state" });
  assert.deepEqual(Object.keys(stream.state), ["scores", "clock", "turn"]);
});

test("presence raises no version", () => {
  const { stream } = inStep();
  let told = 0;
  stream.addEventListener("presence", () => (told += 1));
  stream.received({ type: "presence", game_id: "g1", data: { devices: [{ id: "d1" }], observers: 3 } });
  assert.deepEqual([stream.presence.observers, told, stream.version], [3, 1, 12]);
});

test("types and sections of a newer server do no harm", () => {
  const { stream } = inStep();
  assert.equal(stream.received({ type: "weather", game_id: "g1", data: { rain: true } }), true);
  stream.received({ ...change(13, { weather: { rain: true } }), type: "weather" });
  assert.deepEqual([stream.version, stream.state.weather], [13, { rain: true }]);
});

test("who else pressed is remembered: clock and turn, by others, but for a lost link", () => {
  const { stream } = inStep();
  const at = (version, state, data) => (stream.received(change(version, state, data)), stream.othersPressed);
  assert.equal(at(13, { scores: {} }), 12);
  assert.equal(at(14, { clock: {} }, { by: { role: "player", device: "d1" } }), 12); // ourselves
  const lost = { by: { role: "server" }, facts: [{ fact: "clock_paused", reason: "link" }] };
  assert.equal(at(15, { clock: {} }, lost), 12);
  assert.equal(at(16, { turn: {} }), 16);
});

test("refused: it says why, until we are let in", () => {
  const { stream } = inStep();
  stream.refused({ code: "bad_credentials" });
  assert.deepEqual([stream.status, stream.asked], ["refused", null]);
  stream.joined(joined("g1", 12));
  assert.equal(stream.status, "live");
});

test("the clock of the state, at the server's time", () => {
  const { stream } = inStep();
  assert.equal(stream.clock(1), null);
  const clock = { mode: "down", side: 1, running: true, at: 4_000, p1_ms: 60_000, p2_ms: 50_000, free_ms: 0 };
  stream.received(change(13, { clock }));
  assert.deepEqual([stream.clock(1), stream.clock(2)], [59_000, 50_000]);
});
