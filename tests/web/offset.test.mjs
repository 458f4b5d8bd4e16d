import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "./world.mjs";

const { ServerClock, clockShown } = await load("client/offset.js");

test("nothing is known before the first word", () => {
  const clock = new ServerClock();
  assert.deepEqual([clock.offset, clock.at(5), clock.best, clock.rtt], [null, null, null, null]);
});

test("the greeting is a first guess, the first heartbeat beats it", () => {
  const clock = new ServerClock();
  clock.greeted(1_000, 400);
  assert.equal(clock.at(500), 1_100);
  clock.sample(603_020, 10_000, 10_040);
  assert.equal(clock.offset, 593_000);
  assert.equal(clock.rtt, 40);
});

test("the shortest round trip is kept, the newest is told", () => {
  const clock = new ServerClock();
  clock.sample(1_020, 0, 40);
  clock.sample(2_100, 1_000, 1_180);
  assert.equal(clock.offset, 1_000);
  assert.equal(clock.rtt, 180);
});

test("a good sample is forgotten after twelve others, for clocks drift", () => {
  const clock = new ServerClock();
  clock.sample(1_001, 0, 2);
  for (let i = 1; i <= 12; i += 1) clock.sample(1_000 * i + 1_015, 1_000 * i, 1_000 * i + 20);
  assert.equal(clock.best.rtt, 20);
  assert.equal(clock.offset, 1_005);
});

test("after sleep all that was known is thrown away", () => {
  const clock = new ServerClock();
  clock.sample(1_005, 0, 10);
  clock.sample(62_050, 1_000, 1_100); // a minute passed there, a second here
  assert.equal(clock.offset, 61_000);
});

test("a sample that came before it was sent is none", () => {
  const clock = new ServerClock();
  clock.sample(1_000, 50, 40);
  assert.equal(clock.best, null);
});

test("another greeting begins anew", () => {
  const clock = new ServerClock();
  clock.sample(1_005, 0, 10);
  clock.greeted(9_000, 100);
  assert.deepEqual([clock.best, clock.offset], [null, 8_900]);
});

// "Drawing the clock" in docs/protocol.md

const DOWN = { mode: "down", side: 1, running: true, at: 600_000, p1_ms: 3_120_000, p2_ms: 4_005_000, free_ms: 0 };

test("the example of the protocol", () => {
  assert.equal(clockShown(DOWN, 1, 605_520), 3_114_480);
  assert.equal(clockShown(DOWN, 2, 605_520), 4_005_000);
  assert.equal(clockShown({ ...DOWN, free_ms: 5_000 }, 1, 605_520), 3_119_480);
  assert.equal(clockShown({ ...DOWN, free_ms: 5_000 }, 1, 603_000), 3_120_000);
});

test("a clock that stands stands", () => {
  assert.equal(clockShown({ ...DOWN, running: false }, 1, 999_999_999), 3_120_000);
  assert.equal(clockShown({ ...DOWN, side: 0 }, 1, 999_999_999), 3_120_000);
});

test("counting up, the side that runs grows", () => {
  const up = { ...DOWN, mode: "up", side: 2 };
  assert.equal(clockShown(up, 2, 600_250.4), 4_005_250);
  assert.equal(clockShown(up, 1, 600_250), 3_120_000);
});

test("overtime goes below nothing, unless the flag stops the clock", () => {
  const low = { ...DOWN, p1_ms: 1_000 };
  assert.equal(clockShown(low, 1, 603_000), -2_000);
  assert.equal(clockShown({ ...low, rules: { on_flag: "stop" } }, 1, 603_000), 0);
  assert.equal(clockShown({ ...low, on_flag: "stop" }, 1, 603_000), 0); // as listed games have it
  assert.equal(clockShown({ ...low, rules: { on_flag: "lose" } }, 1, 603_000), -2_000);
});

test("without a clock, or the time, as much is shown as is known", () => {
  assert.equal(clockShown(null, 1, 5), null);
  assert.equal(clockShown({ mode: "none" }, 1, 5), null);
  assert.equal(clockShown(DOWN, 1, null), 3_120_000);
  assert.equal(clockShown(DOWN, 1, 599_000), 3_120_000); // never more than was told
});

/**
 * The worked cases: what is told after a step, drawn at the time of the next, is what the next step
 * begins with; shown by flag_at, at which the side that runs has nothing left.
 */
const cases = JSON.parse(readFileSync(new URL("./clock_vectors.json", import.meta.url)));
for (const { name, rules, steps } of cases) {
  test(`vector: ${name}`, () => {
    for (const { now, then } of steps) {
      const side = { p1: 1, p2: 2 }[then.side] ?? 0;
      const both = { p1_ms: then.p1, p2_ms: then.p2 };
      const told = { mode: rules.mode, side, running: then.running, at: now, free_ms: 0, rules, ...both };
      for (const player of [1, 2]) assert.equal(clockShown(told, player, now), then[`p${player}`]);
      if (then.flag_at === null || !then.running || rules.mode !== "down") continue;
      const free = then.flag_at - now - then[`p${side}`]; // of a delay, what is left of it
      assert.ok(free >= 0 || then[`p${side}`] < 0, "free time is never negative");
      const drawn = { ...told, free_ms: Math.max(0, free) };
      if (then[`p${side}`] >= 0) {
        assert.equal(clockShown(drawn, side, then.flag_at), 0);
        assert.equal(clockShown(drawn, side, then.flag_at - 1), 1);
      }
      assert.equal(clockShown(drawn, 3 - side, then.flag_at), then[`p${3 - side}`]);
    }
  });
}
