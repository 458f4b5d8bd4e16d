/** The table while it is played at: two halves, each with its clock, score and keys. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf, other, paused } from "../../lib/match.js";
import { toast } from "../../parts/toasts.js";
import { roundSheet } from "../seat/entry.js";
import { endTurn } from "../seat/keys.js";
import { icon } from "../seat/icons.js";
import { pauseKey } from "../seat/menu.js";
import { commandPoints, consentPanel, face, marks, roundCells } from "../seat/play.js";
import { categoriesOf } from "../seat/rights.js";
import { stepPanel } from "../seat/setup.js";
import { waiting } from "../seat/taps.js";
import { gridModal } from "../seat/grid.js";
import { logModal } from "./log.js";
import { menuModal } from "./menu.js";
import { placesModal, present } from "./places.js";

export function playScreen(view, cards) {
  const { state } = view.game;
  const { awaiting } = state.turn;
  const asked = view.side(state.setup.chooser || 1);
  const between = awaiting === "order" ? stepPanel(asked) : awaiting === "consent" ? consentPanel(asked) : null;
  return [
    h("div", { class: "table", "data-turned": String(view.turned), "data-paused": String(paused(state)) },
      half(view, 1), h("div", { class: "between" }, between, cards), half(view, 2)),
    tools(view),
  ];
}

function half(view, player) {
  const side = view.side(player);
  const { game } = view;
  const { state } = game;
  const { ruleset, scores, turn } = state;
  const wait = waiting(view.client, game);
  const mine = scores.players[player - 1];
  return h("section", { class: `half p${player}`, "data-turn": String(turn.active_player === player), key: player },
    h("header", { class: "row" },
      h("h2", { class: "who grow" },
        h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ",
        h("span", { class: "name" }, nameOf(state, player)),
        state.players[player - 1].faction && h("span", { class: "quiet" }, ` ${state.players[player - 1].faction}`)),
      h("button", { class: "plain small", onclick: () => view.open(placesModal(view)) }, present(view, player))),
    marks(view.side(0), player),
    h("div", { class: "figures" }, face(side, player)),
    h("div", { class: "entries" },
      ruleset.winner === "score" && h("p", { class: "score" }, h("span", { class: "number" }, mine.score), h("span", { class: "quiet" }, t("seat.points"))),
      h("div", { class: "stack grow" },
        roundCells(side),
        ruleset.cp && commandPoints(side, mine, wait))),
    h("div", { class: "keys" }, keys(view, side, wait)));
}

/** The keys of one half. A tap on the half whose clock stands only says whose clock is running. */
function keys(view, side, wait) {
  const { me: player, game } = side;
  const { clock, ruleset, turn } = game.state;
  const alternating = ruleset.turn_model === "alternating";
  const name = nameOf(game.state, other(player));
  const runs = clock.mode !== "none" && clock.started;
  const pass = ruleset.press === "pass" && runs && h("button", {
    key: "clock",
    class: `big key-clock ${clock.side === player ? "seat-coloured" : ""}`,
    "aria-disabled": String(clock.side !== player),
    onclick: () => (clock.side === player ? passClock(side) : toast(t("seat.clockIsOn", { name: nameOf(game.state, clock.side || other(player)) }))),
  }, icon("clock"), clock.side === player ? t("seat.passClock", { name }) : t("host.clockStands"));
  const direct = alternating || !categoriesOf(game.state, turn.round).length;
  const end = turn.active_player === player && h("button", {
    key: "turn",
    class: `big key-turn ${ruleset.press === "turn" ? "seat-coloured" : ""}`,
    disabled: wait.press !== null,
    onclick: () => (direct ? endTurn(side) : view.open(roundSheet(side, { ends: true }))),
  }, icon("turn"), !alternating ? t("seat.endTurn") : ruleset.rounds ? t("seat.endActivation") : t("seat.endMove"));
  const round = alternating && ruleset.rounds > 0 && turn.active_player === player && h("button", {
    key: "round",
    onclick: () => view.open(roundSheet(side, { ends: true, endRound: true })),
  }, t("seat.endRound", { round: turn.round }));
  return [pass, end, round];
}

function passClock(side) {
  const { clock } = side.game.state;
  const data = { op: "switch", player: side.me, run: clock.run };
  return side.taps.send("clock", t("seat.passClock_"), "timer_update", data, { press: "switch", player: side.me, again: () => passClock(side) });
}

export function tools(view) {
  const { state } = view.game;
  const active = view.side(state.turn.active_player || 1);
  const playing = state.status === "playing";
  return h("nav", { class: "tools", "aria-label": t("host.menu") },
    playing && pauseKey(active),
    h("button", { onclick: () => view.open(logModal(view)) }, icon("undo"), t("common.undo")),
    state.ruleset.categories.length > 0 && h("button", { onclick: () => view.open(gridModal(active)) }, icon("sheet"), t("seat.grid")),
    h("button", { onclick: () => view.open(placesModal(view)) }, icon("phone"), t("host.places_")),
    h("button", { onclick: () => view.open(menuModal(view)) }, icon("more"), t("seat.menu")));
}
