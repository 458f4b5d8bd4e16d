import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./world.mjs";

const { HOST_KEEPS_MS, Outbox, PLAYER_KEEPS_MS, Refused } = await load("client/outbox.js");

const ways = (more = {}) => ({
  serverAt: (local) => local + 1_000_000,
  ready: () => true,
  keeps: () => PLAYER_KEEPS_MS,
  ...more,
});
const take = (outbox, now = 0, more = {}) => outbox.next(now, ways(more));
const score = (more = {}) => ({ type: "score_update", data: { player: 1 }, gameId: "g1", ...more });
const press = (more = {}) => ({ type: "turn_change", data: { turn: 3 }, gameId: "g1", press: "turn", player: 1, ...more });
const ack = (pending, data = {}) => ({ type: "ack", id: pending.id, version: 7, data });
const error = (pending, code, data = {}) => ({ type: "error", id: pending.id, data: { code, message: "no", ...data } });

const outcome = (pending) =>
  Promise.race([
    pending.done.then((answer) => ({ answer }), (refusal) => ({ refusal })),
    new Promise((done) => setImmediate(() => done("open"))),
  ]);

test("one at a time, in order, each with an id of its own", () => {
  const outbox = new Outbox();
  const first = outbox.put(score(), 0);
  const second = outbox.put(score(), 0);
  assert.match(first.id, /^[A-Za-z0-9_-]{20}$/);
  assert.notEqual(first.id, second.id);
  assert.equal(take(outbox), first);
  assert.equal(take(outbox), null);
  assert.equal(outbox.answered(ack(first), 0), first);
  assert.equal(take(outbox), second);
  assert.deepEqual(outbox.waiting, [second]);
});

test("what was not answered is sent again as it was", () => {
  const outbox = new Outbox();
  const pending = outbox.put(press(), 100);
  take(outbox, 200);
  const sent = [pending.id, { ...pending.data }];
  outbox.lost();
  assert.equal(take(outbox, 5_000, { serverAt: (local) => local + 7 }), pending);
  assert.deepEqual([pending.id, pending.data], sent);
  assert.equal(pending.data.pressed_at, 1_000_100);
});

test("what the caller passed in is not changed", () => {
  const data = { turn: 3 };
  const outbox = new Outbox();
  outbox.put(press({ data }), 0);
  take(outbox);
  assert.deepEqual(data, { turn: 3 });
});

for (const code of ["rate_limited", "overloaded", "storage", "internal"]) {
  test(`${code}: the same again, with the same id, when it is time`, () => {
    const outbox = new Outbox();
    const pending = outbox.put(score(), 0);
    take(outbox);
    assert.equal(outbox.answered(error(pending, code, { retry_after_ms: 400 }), 1_000), null);
    assert.equal(outbox.wait(1_000), 400);
    assert.equal(take(outbox, 1_399), null);
    assert.equal(take(outbox, 1_400), pending);
    assert.equal(outbox.wait(1_400), null);
  });
}

for (const code of ["not_yours", "conflict", "consent_needed", "not_now", "bad_value", "id_reused", "newer_than_us"]) {
  test(`${code}: refused, and the next one's turn`, () => {
    const outbox = new Outbox();
    const [pending, next] = [outbox.put(score(), 0), outbox.put(score(), 0)];
    take(outbox);
    assert.equal(outbox.answered(error(pending, code), 0), pending);
    assert.equal(take(outbox), next);
  });
}

test("without a word on when, it waits longer each time", () => {
  const outbox = new Outbox();
  const pending = outbox.put(score(), 0);
  const waits = [];
  let now = 0;
  for (let i = 0; i < 8; i += 1) {
    assert.equal(take(outbox, now), pending);
    outbox.answered(error(pending, "storage"), now);
    waits.push(outbox.wait(now));
    now += outbox.wait(now);
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
});

test("a fault of the server's own is not asked for for ever", () => {
  const outbox = new Outbox();
  const pending = outbox.put(score(), 0);
  const answers = [1, 2, 3].map(() => {
    take(outbox, 1e9);
    return outbox.answered(error(pending, "internal", { retry_after_ms: 0 }), 1e9);
  });
  assert.deepEqual(answers, [null, null, pending]);
});

test("a new connection does not wait for what the old one was told", () => {
  const outbox = new Outbox();
  const pending = outbox.put(score(), 0);
  take(outbox);
  outbox.answered(error(pending, "rate_limited", { retry_after_ms: 9_000 }), 0);
  outbox.lost();
  assert.equal(take(outbox), pending);
});

test("strange answers answer nothing", () => {
  const outbox = new Outbox();
  const pending = outbox.put(score(), 0);
  assert.equal(outbox.answered(ack(pending), 0), null); // it has not been sent
  take(outbox);
  assert.equal(outbox.answered({ type: "ack", id: "somebody-elses", data: {} }, 0), null);
  assert.equal(outbox.answered({ type: "game_state", id: pending.id, data: {} }, 0), null);
  assert.equal(outbox.answered({ type: "ack", data: {} }, 0), null);
  assert.deepEqual(outbox.waiting, [pending]);
  assert.equal(new Outbox().wait(0), null);
});

test("nothing is sent to a game that is not in step", () => {
  const outbox = new Outbox();
  outbox.put(score(), 0);
  assert.equal(take(outbox, 0, { ready: () => false }), null);
  assert.notEqual(take(outbox), null);
});

for (const [keeps, age, sent] of [
  [PLAYER_KEEPS_MS, 9_999, true],
  [PLAYER_KEEPS_MS, 10_001, false],
  [HOST_KEEPS_MS, 599_999, true],
  [HOST_KEEPS_MS, 600_001, false],
]) {
  test(`a press ${age} ms old, kept ${keeps}: ${sent ? "sent" : "asked about"}`, async () => {
    const outbox = new Outbox();
    const old = outbox.put(press({ offline: true }), 0);
    const points = outbox.put(score({ offline: true }), 0);
    const found = take(outbox, age, { keeps: () => keeps });
    if (sent) {
      assert.equal(found, old);
      assert.equal(old.data.pressed_at, 1_000_000);
    } else {
      assert.equal(found, points); // points are never too old
      const { refusal } = await outcome(old);
      assert.ok(refusal instanceof Refused);
      assert.equal(refusal.code, "too_old");
      assert.deepEqual(refusal.detail, { sent: false, seconds: Math.round(age / 1000) });
    }
  });
}

test("one that was sent and never answered says so when it is too old", async () => {
  const outbox = new Outbox();
  const old = outbox.put(press(), 0);
  take(outbox);
  outbox.lost();
  assert.equal(take(outbox, 60_000), null);
  assert.equal((await outcome(old)).refusal.detail.sent, true);
});

test("a press goes undated without the server's time; a pause has no date", () => {
  const outbox = new Outbox();
  const undated = outbox.put(press({ offline: true }), 0);
  take(outbox, 1, { serverAt: () => null });
  assert.equal("pressed_at" in undated.data, false);
  outbox.answered(ack(undated), 1);
  const pause = outbox.put({ type: "timer_update", data: { op: "pause" }, gameId: "g1", press: "pause" }, 2);
  take(outbox, 2);
  assert.deepEqual(pause.data, { op: "pause" });
});

test("a table tells what it did alone as one batch", async () => {
  const outbox = new Outbox();
  const keeps = () => HOST_KEEPS_MS;
  const known = outbox.put(press({ data: { turn: 1 } }), 0);
  take(outbox);
  outbox.lost();
  const kinds = [["turn", 2, 1_000], ["switch", 1, 2_000], ["pause", 2, 2_500], ["resume", 2, 3_000]];
  const presses = kinds.map(([kind, player, at]) => outbox.put(press({ press: kind, player, offline: true }), at));
  const elsewhere = outbox.put(press({ gameId: "g2", offline: true }), 3_500);
  const points = outbox.put(score({ offline: true }), 1_100);
  outbox.fold("g1", 40, (local) => local + 1_000_000);
  assert.equal(take(outbox, 9_000, { keeps }), known);
  outbox.answered(ack(known), 9_000);
  const batch = take(outbox, 9_000, { keeps });
  assert.equal(batch.type, "timer_update");
  assert.deepEqual(batch.data, {
    op: "batch",
    since_version: 40,
    presses: kinds.map(([kind, player, at]) => ({ kind, player, pressed_at: 1_000_000 + at })),
  });
  const done = outbox.answered(ack(batch), 9_000);
  done.settle({ detail: { contested: true } });
  for (const each of presses) assert.deepEqual((await outcome(each)).answer.detail, { contested: true });
  assert.equal(take(outbox, 9_000, { keeps }), elsewhere);
  outbox.answered(ack(elsewhere), 9_000);
  assert.equal(take(outbox, 9_000), points);
});

test("a batch that is refused refuses each of its presses", async () => {
  const outbox = new Outbox();
  const one = outbox.put(press({ offline: true }), 0);
  outbox.fold("g1", 3, (local) => local);
  const batch = take(outbox);
  outbox.answered(error(batch, "not_now"), 0).fail(new Refused({ code: "not_now" }));
  assert.equal((await outcome(one)).refusal.code, "not_now");
});

test("nothing to fold, and no time to fold it with", () => {
  const outbox = new Outbox();
  const points = outbox.put(score({ offline: true }), 0);
  outbox.fold("g1", 3, (local) => local);
  const one = outbox.put(press({ offline: true }), 0);
  outbox.fold("g1", 3, () => null);
  assert.deepEqual(outbox.waiting, [points, one]);
});

test("at the end all that waits is refused, or what is of one game", async () => {
  const outbox = new Outbox();
  const [mine, other] = [outbox.put(score(), 0), outbox.put(score({ gameId: "g2" }), 0)];
  outbox.fail(new Refused({ code: "stopped" }), "g1");
  assert.equal((await outcome(mine)).refusal.code, "stopped");
  assert.equal(await outcome(other), "open");
  outbox.fail(new Refused({ code: "stopped" }));
  assert.equal((await outcome(other)).refusal.code, "stopped");
  assert.deepEqual(outbox.waiting, []);
});

test("a refusal has what the server said; its field without the envelope", () => {
  const no = new Refused({ code: "conflict", message: "m", field: "data.if_version", detail: { value: 5 }, version: 7 });
  assert.deepEqual([no.code, no.message, no.field, no.detail.value, no.version], ["conflict", "m", "if_version", 5, 7]);
  assert.equal(new Refused({ code: "stopped" }).message, "stopped");
});

test("whatever happens, each is answered once and in order", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let run = 0; run < 300; run += 1) {
    const outbox = new Outbox();
    const made = [];
    const seen = [];
    let now = 0;
    let wire = null;
    for (let step = 0; step < 60; step += 1) {
      const what = random(6);
      if (what === 0) made.push(outbox.put(score(), now));
      else if (what === 1) wire = take(outbox, now) ?? wire;
      else if (what === 2) (outbox.lost(), (wire = null));
      else if (what === 3) now += 10_000;
      else if (wire) {
        const done = outbox.answered(what === 4 ? ack(wire) : error(wire, "storage"), now);
        if (done) seen.push(done);
        wire = null;
      }
    }
    outbox.lost();
    now += 10_000;
    for (let left; (left = take(outbox, now)); ) seen.push(outbox.answered(ack(left), now));
    assert.deepEqual(seen, made);
  }
});
