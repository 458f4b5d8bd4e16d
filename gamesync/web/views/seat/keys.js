/** The main keys, in the thumb's reach: the clock, the turn, and the way to everything else. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { other, paused } from "../../lib/match.js";
import { toast } from "../../parts/toasts.js";
import { undoOffer } from "./cards.js";
import { roundSheet } from "./entry.js";
import { gridModal } from "./grid.js";
import { icon } from "./icons.js";
import { menuModal } from "./menu.js";
import { categoriesOf } from "./rights.js";
import { waiting } from "./taps.js";
import { undoLast } from "./undo.js";
import { shortName } from "./words.js";

/** End the turn that is on. If that comes too late, the press is asked for again. */
export function endTurn(view, more = {}) {
  const { me, game } = view;
  if (game.state.turn.active_player !== me) return toast(t("seat.passedAlready"));
  const data = { player: me, turn: game.state.turn.turn, ...more };
  return view.taps.send("turn", t("seat.endTurn"), "turn_change", data, { press: "turn", again: () => endTurn(view, more) });
}

function passClock(view) {
  const { me, game } = view;
  if (game.state.clock.side !== me) return toast(t("seat.passedAlready"));
  const data = { op: "switch", player: me, run: game.state.clock.run };
  return view.taps.send("clock", t("seat.passClock_"), "timer_update", data, { press: "switch", again: () => passClock(view) });
}

/** The key that ends the turn, or what stands in its place. */
function turnKey(view, wait) {
  const { me, game } = view;
  const { ruleset, turn } = game.state;
  if (turn.active_player !== me) return null;
  const alternating = ruleset.turn_model === "alternating";
  const direct = alternating || !categoriesOf(game.state, turn.round).length;
  const words = !alternating ? t("seat.endTurn") : ruleset.rounds ? t("seat.endActivation") : t("seat.endMove");
  return h("button", {
    key: "turn",
    class: `key-turn ${ruleset.press === "turn" ? "seat-coloured big" : "big"}`,
    disabled: wait.press !== null,
    onclick: () => (direct ? endTurn(view) : view.open(roundSheet(view, { ends: true }))),
  }, icon(wait.press === "turn" ? "waits" : "turn"), wait.press === "turn" ? pressWords(view) : words);
}

const pressWords = (view) => t(view.game.status === "live" ? "seat.sending" : "seat.waits");

function clockKey(view, wait) {
  const { me, game } = view;
  const { clock, ruleset } = game.state;
  if (ruleset.press !== "pass" || clock.mode === "none" || !clock.started || clock.side !== me) return null;
  return h("button", {
    key: "clock",
    class: "key-clock seat-coloured big",
    disabled: wait.press !== null,
    onclick: () => passClock(view),
  }, icon(wait.press === "switch" ? "waits" : "clock"),
    wait.press === "switch" ? pressWords(view) : t("seat.passClock", { name: shortName(game.state, other(me)) }));
}

function endRoundKey(view, wait) {
  const { me, game } = view;
  const { ruleset, turn } = game.state;
  if (ruleset.turn_model !== "alternating" || !ruleset.rounds || turn.active_player !== me) return null;
  return h("button", {
    key: "round",
    disabled: wait.press !== null,
    onclick: () => view.open(roundSheet(view, { ends: true, endRound: true })),
  }, t("seat.endRound", { round: turn.round }));
}

/** What is shown where a key would be while neither turn nor clock is ours. */
function idle(view) {
  const { me, game } = view;
  const { clock, turn, ruleset } = game.state;
  if (turn.awaiting) return null;
  const name = shortName(game.state, other(me));
  const onClock = ruleset.press === "pass" && clock.mode !== "none" && clock.started && clock.side === other(me) && !paused(game.state);
  if (turn.active_player === me && !onClock) return null;
  const words = turn.active_player === me ? t("seat.clockIsOn", { name }) : t("common.theirTurn", { name });
  return h("p", { key: "idle", class: "idle" }, icon(turn.active_player === me ? "clock" : "turn"), words);
}

export function keys(view) {
  const wait = waiting(view.client, view.game);
  const playing = view.game.state.status === "playing";
  const parts = playing ? [idle(view), clockKey(view, wait), turnKey(view, wait), endRoundKey(view, wait)].filter(Boolean) : [];
  return h("div", { class: "keys" },
    undoOffer(view),
    parts.length > 0 && h("div", { class: "keys-main" }, parts),
    tools(view));
}

export function tools(view, { undo = true, sheet = true } = {}) {
  const { state } = view.game;
  return h("div", { class: "tools" },
    undo && h("button", { class: "plain", onclick: () => undoLast(view) }, icon("undo"), t("seat.undoKey")),
    sheet && state.ruleset.categories.length > 0 &&
      h("button", { class: "plain", onclick: () => view.open(gridModal(view)) }, icon("sheet"), t("seat.grid")),
    h("button", { class: "plain", onclick: () => view.open(menuModal(view)) }, icon("more"), t("seat.menu")));
}
