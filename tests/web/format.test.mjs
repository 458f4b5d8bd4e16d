import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./world.mjs";

const { clockText, lengthText, signed, spaced, untilNext } = await load("lib/format.js");

const down = { mode: "down" };
const up = { mode: "up" };

for (const [ms, options, text] of [
  [null, down, "–:––"],
  [undefined, up, "–:––"],
  [5_400_000, down, "1:30:00"],
  [5_399_001, down, "1:30:00"], // rounded up while it counts down
  [5_399_000, down, "1:29:59"],
  [59_001, down, "1:00"],
  [10_001, down, "0:11"],
  [10_000, down, "0:10"],
  [9_999, down, "0:10"],
  [9_900, down, "0:09.9"],
  [9_801, down, "0:09.9"],
  [40, down, "0:00.1"],
  [1, down, "0:00.1"], // never 0:00 before it is true
  [0, down, "0:00.0"],
  [1, { ...down, tenths: false }, "0:01"],
  [0, { ...down, tenths: false }, "0:00"],
  [-1, down, "0:00"],
  [-999, down, "0:00"],
  [-1_000, down, "−0:01"],
  [-90_500, down, "−1:30"],
  [-3_600_000, down, "−1:00:00"],
  [0, up, "0:00"],
  [59_999, up, "0:59"], // rounded down while it counts up
  [60_000, up, "1:00"],
  [3_723_999, up, "1:02:03"],
]) {
  test(`${ms} ms counting ${options.mode} is ${text}`, () => assert.equal(clockText(ms, options), text));
}

test("the next change of the text is neither missed nor asked for too early", () => {
  for (const options of [down, up, { ...down, tenths: false }]) {
    for (let ms = options.mode === "up" ? 0 : -3_000; ms <= 13_000; ms += 7) {
      const way = options.mode === "down" ? -1 : 1;
      const wait = untilNext(ms, options);
      assert.ok(wait >= 16 && wait <= 1_000, `${ms}: ${wait}`);
      const text = clockText(ms, options);
      const early = clockText(ms + way * (wait - 16), options);
      const then = clockText(ms + way * (wait + 2), options);
      if (wait > 16) assert.equal(early, text, `${options.mode} ${ms}: changed before ${wait}`);
      // Around zero the text stands for longer: nothing is over by less than a second.
      const still = options.mode === "down" && ms <= 0 && ms > -1_000;
      if (!still) assert.notEqual(then, text, `${options.mode} ${ms}: not changed after ${wait}`);
    }
  }
});

test("a length is never below nothing", () => {
  assert.deepEqual([lengthText(125_000), lengthText(3_725_000), lengthText(-5)], ["2:05", "1:02:05", "0:00"]);
});

test("signs", () => assert.deepEqual([signed(5), signed(-3), signed(0)], ["+5", "−3", "0"]));

test("a code in halves", () => assert.deepEqual(["7KQ2M4XP", "7KQ2", ""].map(spaced), ["7KQ2 M4XP", "7KQ2", ""]));
