/** The overlay's picture of one match. */

import { clockShown } from "../../client/gamesync.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { icon } from "../board/icons.js";
import { hasSheet, sheet } from "../board/sheet.js";
import { clockOf, headline, roundText, timeWarning, turnOf } from "../board/words.js";
import "../../parts/clock.js";

/**
 * `state`; `now()`: game time, held back like all the rest; `parts`: which elements are there;
 * `ticking`: whether the clocks can be believed; `fresh(player)`: by how much the score has just
 * changed before everybody's eyes, else 0.
 */
export function bar(what) {
  const { state, parts } = what;
  const left = side(what, 1);
  const right = side(what, 2);
  const middle = centre(what);
  return [
    (left || right || middle) && h("div", { class: parts.has("names") ? "bar with-names" : "bar" }, left, middle, right),
    parts.has("cells") && hasSheet(state) && h("div", { class: "cells" },
      [1, 2].map((player) => h("section", { class: `p${player}` },
        h("h2", {}, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player)),
        sheet(state, player)))),
  ];
}

function side({ state, parts, fresh }, player) {
  const score = state.scores.players[player - 1];
  const up = turnOf(state) === player;
  const scored = parts.has("scores") && hasSheet(state);
  const gained = fresh(player);
  const pieces = [
    parts.has("names") && h("div", { class: "who" },
      h("h2", { class: "name fit may-wrap" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), h("span", {}, nameOf(state, player))),
      h("p", { class: "about" },
        up && h("span", { class: "turn" }, icon("turn"), t("overlay.turn")),
        h("span", { class: "faction fit" }, state.players[player - 1].faction || "\u00a0"))),
    parts.has("cp") && state.ruleset.cp && h("p", { class: "cp" }, h("span", { class: "number" }, score.cp), h("abbr", { title: t("common.cpLong") }, t("common.cp"))),
    scored && h("p", { class: gained ? "score fresh" : "score" },
      !parts.has("names") && h("span", { class: "seat-sign", "aria-hidden": "true" }, mark(state, player).sign),
      h("span", { class: "visually-hidden" }, `${nameOf(state, player)}: `),
      h("span", { key: `score ${score.score}`, class: "number" }, score.score)),
  ].filter(Boolean);
  if (!pieces.length) return null;
  const won = state.result?.winner === player && !state.scores.frozen;
  return h("section", { class: `side p${player}`, "data-turn": String(up), "data-won": String(won) }, pieces);
}

function centre(what) {
  const { state, parts } = what;
  const clocks = parts.has("clock") && state.clock.mode !== "none";
  const words = parts.has("round") ? note(what) : null;
  if (!clocks && !words) return null;
  return h("div", { class: "centre" },
    clocks && face(what, 1),
    words,
    clocks && face(what, 2));
}

function note({ state, now, parts }) {
  const { kind, icon: sign, text, detail } = headline(state, now());
  const round = roundText(state.turn.round, state.ruleset.rounds);
  const says = kind === "play" && (parts.has("names") || !text) ? "" : text;
  const quiet = kind === "play" || kind === "review" ? "" : detail;
  return h("div", { class: `note ${kind}` },
    (kind === "play" || kind === "paused") && round && h("p", { class: "round" }, round),
    says && h("p", { class: "says" }, icon(sign), h("span", {}, says)),
    quiet && h("p", { class: "why" }, quiet));
}

function face({ state, now, ticking }, player) {
  const { clock } = state;
  const ms = () => clockShown(clock, player, now());
  const warning = ticking ? timeWarning(clock, player, ms()) : null;
  const runs = clockOf(state) === player;
  return h("div", { class: `face p${player}`, "data-running": String(runs), "data-ticking": String(ticking) },
    h("p", { class: "digits" },
      h("span", { class: "sign" }, runs ? icon("clock") : h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign)),
      h("gs-clock", { role: "timer", "aria-label": t("common.theirClock", { name: nameOf(state, player) }), ".source": { ms, clock, player, live: ticking } })),
    warning && h("p", { class: `warning ${warning.kind}` }, icon(warning.kind === "flagged" ? "flag" : "low"), warning.text));
}

/** The round clock of the hall, where the desk wants it on the stream. */
export function roundPill(left, text, ticking) {
  const face = { mode: "down", running: true, side: 1 };
  return h("div", { class: "bar" }, h("div", { class: "centre" },
    h("p", { class: "round" }, text),
    h("div", { class: "face", "data-running": "true", "data-ticking": String(ticking) },
      h("p", { class: "digits" }, h("gs-clock", { role: "timer", "aria-label": text, ".source": { ms: left, clock: face, player: 1, live: ticking } })))));
}
