import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./world.mjs";

// What a browser has and Node has not.
Object.defineProperty(globalThis, "navigator", { value: { languages: ["fr", "en-GB"] }, configurable: true });
const { cell, emptyCells, mark, nameOf, other, paused, roundsOf, totalOf } = await load("lib/match.js");
const i18n = await load("lib/i18n.js");

const CATEGORIES = [
  { id: "primary", per_round: true, first_round: 2 },
  { id: "secondary", per_round: true, first_round: 1 },
  { id: "ready", per_round: false, first_round: 1 },
];
const state = (more = {}) => ({
  status: "playing",
  players: [{ name: "Anna" }, { name: "" }],
  ruleset: { rounds: 5, categories: CATEGORIES, sides: [] },
  turn: { round: 3 },
  clock: { paused: [] },
  scores: {
    cells: [
      { player: 1, category: "secondary", round: 1, value: 0, version: 5 },
      { player: 1, category: "primary", round: 2, value: 10, version: 6 },
    ],
    players: [{ score: 10, categories: { primary: 10 } }, { score: 0, categories: {} }],
  },
  ...more,
});

test("names, or the seat as long as nobody has said", () => {
  assert.equal(nameOf(state(), 1), "Anna");
  assert.equal(nameOf(state(), 2), "Player 2");
  assert.equal(nameOf(null, 1), "Player 1");
  assert.deepEqual([other(1), other(2)], [2, 1]);
});

test("each seat has its shape; the ruleset may have another", () => {
  assert.deepEqual([mark(state(), 1).sign, mark(state(), 2).sign], ["●", "■"]);
  const chess = state({ ruleset: { sides: [{ shape: "triangle" }, { shape: "diamond" }] } });
  assert.deepEqual([mark(chess, 1), mark(chess, 2)].map((m) => m.sign), ["▲", "◆"]);
  assert.equal(mark(state({ ruleset: { sides: [{ shape: "star" }] } }), 1).sign, "●"); // of a newer server
});

test("cells, totals, rounds", () => {
  assert.equal(cell(state(), 1, "primary", 2).value, 10);
  assert.equal(cell(state(), 2, "primary", 2), undefined);
  assert.deepEqual([totalOf(state(), 1, "primary"), totalOf(state(), 2, "primary")], [10, 0]);
  assert.deepEqual(roundsOf(state(), CATEGORIES[0]), [2, 3, 4, 5]);
  assert.deepEqual(roundsOf(state(), CATEGORIES[2]), [0]);
  const open = state({ ruleset: { rounds: 0, categories: CATEGORIES } });
  assert.deepEqual(roundsOf(open, CATEGORIES[1]), [1, 2, 3]);
});

test("empty cells are those of rounds gone by; at the end the last one's, too", () => {
  const named = (found) => found.map((each) => `${each.category.id} ${each.round}`);
  assert.deepEqual(named(emptyCells(state(), 1)), ["secondary 2"]);
  assert.deepEqual(named(emptyCells(state(), 2)), ["primary 2", "secondary 1", "secondary 2"]);
  assert.deepEqual(named(emptyCells(state({ status: "ended" }), 1)), ["primary 3", "secondary 2", "secondary 3"]);
});

test("paused", () => assert.deepEqual([paused(state()), paused(state({ clock: { paused: ["judge"] } }))], [false, true]));

test("the language is the first of the reader's that there is", () => {
  assert.equal(i18n.language, "en");
  assert.equal(i18n.t("match.status.playing"), "Playing");
  assert.equal(i18n.t("common.round", { round: 3 }), "Round 3");
  assert.equal(i18n.t("status.queued", { n: 1 }), "1 tap waits");
  assert.equal(i18n.t("nothing.there"), "nothing.there");
  assert.equal(i18n.t("seat.passClock", { name: "Anna" }), "Pass clock to Anna");
  assert.equal(i18n.t("seat.passClock", { name: "שרה" }), "Pass clock to \u2068שרה\u2069");
  assert.equal(i18n.maybe("refused.of_a_newer_server"), null);
});

test("a refusal in the reader's words, else in the server's", () => {
  assert.equal(i18n.refusal({ code: "not_yours", message: "m" }), "You may not do that here.");
  assert.equal(i18n.refusal({ code: "of_a_newer_server", message: "m" }), "m");
  assert.match(i18n.refusal({ code: "too_old", message: "m", detail: { seconds: 12 } }), /12 s/);
  assert.match(i18n.refusal({ code: "too_long", message: "m", field: "name" }), /\(name\)/);
});
