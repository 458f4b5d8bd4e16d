/** The table before play: codes to scan, names, ready, roll-offs, the start. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { stepPanel } from "../seat/setup.js";
import { nameModal } from "./menu.js";
import { placeCard } from "./places.js";
import { tools } from "./play.js";

const PLAYERS = [1, 2];

const starter = (view) => h("section", { class: "panel" },
  h("h2", {}, t("host.justPlay")),
  h("div", { class: "choices" }, PLAYERS.map((player) =>
    h("button", { class: `p${player}`, key: player, onclick: () => view.taps.send("skip", t("seat.skip"), "setup", { op: "skip", first_player: player }) },
      h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(view.game.state, player).sign),
      t("seat.starts", { name: nameOf(view.game.state, player) })))));

/** Two seats with a code each: who has no phone is named and made ready here. */
export function beforeScreen(view, cards) {
  const { state } = view.game;
  return h("div", { class: "page" }, cards,
    h("div", { class: "places wide" },
      PLAYERS.map((player) => h("section", { class: `panel p${player}`, key: player }, placeCard(view, `player:${player}`), person(view, player))),
      h("section", { class: "panel", key: "observer" }, placeCard(view, "observer"))),
    state.profile !== "event" || !state.players.every(({ ready }) => ready) ? starter(view) : null,
    tools(view));
}

function person(view, player) {
  const { name, faction, ready } = view.game.state.players[player - 1];
  const set = (value) => () => view.taps.send(`ready${player}`, t("seat.ready"), "setup", { op: "ready", player, ready: value });
  return h("div", { class: "stack" },
    h("p", { role: "status" }, ready ? `✓ ${t("host.ready")}` : name ? t("host.named") : t("host.unnamed")),
    h("div", { class: "row" },
      h("button", { onclick: () => view.open(nameModal(view, player)) }, name || faction ? t("host.editName") : t("host.enterName")),
      h("button", { class: ready ? "" : "seat-coloured", onclick: set(!ready) }, t(ready ? "seat.notReady" : "seat.ready"))));
}

/** The roll-off or choice that is next, asked of whom it is up to. */
export function setupScreen(view, cards) {
  const { setup } = view.game.state;
  const asked = setup.kind === "roll" ? (setup.rolls[0] ? 2 : 1) : setup.chooser || 1;
  return h("div", { class: "page" }, cards,
    asked && setup.chooser ? h("p", { class: "up" }, t("host.isUp", { name: nameOf(view.game.state, setup.chooser) })) : null,
    stepPanel(view.side(asked)), starter(view), tools(view));
}

export function readyScreen(view, cards) {
  const { state } = view.game;
  const { first_player: first, attacker } = state.turn;
  const start = () => view.taps.send("start", t("seat.start"), "timer_update", { op: "start" });
  const problem = view.taps.problem("start");
  return h("div", { class: "page" }, cards,
    h("section", { class: `panel begin p${first || 1}` },
      h("h2", {}, t("seat.theyStart", { name: nameOf(state, first || 1) })),
      attacker > 0 && h("p", {}, t("seat.theyAttack", { name: nameOf(state, attacker) })),
      h("button", { class: "seat-coloured big", onclick: start }, t("seat.start")),
      problem && h("p", { class: "error" }, problem)),
    h("div", { class: "places wide" }, PLAYERS.map((player) => h("section", { class: `panel p${player}`, key: player }, placeCard(view, `player:${player}`)))),
    tools(view));
}
