/** What a table needs beside the turns: judge, ends, names, settings, the log, the ways in. */

import { link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { LANGUAGES, language, setLanguage, t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";
import { ask, confirm, dialog } from "../../parts/dialog.js";
import { disputeModal, pauseKey, profileModal } from "../seat/menu.js";
import { gridModal } from "../seat/grid.js";
import { rules } from "../seat/rights.js";
import { logModal } from "./log.js";
import { placesModal } from "./places.js";

const PLAYERS = [1, 2];

const send = (view, what, type, data) => view.taps.send("menu", what, type, data);

export const menuModal = (view) => ({
  name: "menu",
  title: () => t("host.menu"),
  content: () => {
    const { state } = view.game;
    const over = ["ended", "signed", "void"].includes(state.status);
    const begun = state.status === "playing" || over;
    const side = view.side(state.turn.active_player || 1);
    return [
      h("div", { class: "choices" },
        pauseKey(side),
        !state.judge && state.status !== "void" && h("button", { onclick: () => callJudge(view) }, t("seat.call")),
        h("button", { onclick: () => view.open(placesModal(view)) }, t("host.places")),
        h("button", { onclick: () => view.open(logModal(view)) }, t("host.log")),
        begun && state.ruleset.categories.length > 0 && h("button", { onclick: () => view.open(gridModal(side)) }, t("seat.grid")),
        begun && !state.dispute && h("button", { onclick: () => view.open(disputeModal(side)) }, t("seat.dispute"))),
      !["signed", "void"].includes(state.status) && people(view),
      !over && ends(view),
      over && state.status !== "void" && h("div", { class: "choices" }, h("button", { onclick: () => reopen(view) }, t("host.reopen"))),
      settings(view),
    ];
  },
});

async function callJudge(view) {
  view.open(null);
  const note = await ask(t("seat.callTitle"), { label: t("seat.callNote"), yes: t("seat.call") });
  if (note !== null) send(view, t("seat.call"), "judge_call", { op: "call", note });
}

function people(view) {
  const { state } = view.game;
  return h("section", { class: "stack" }, h("h3", {}, t("host.people")),
    h("div", { class: "choices" },
      PLAYERS.map((player) => h("button", { class: `p${player}`, key: player, onclick: () => view.open(nameModal(view, player)) }, nameOf(state, player))),
      h("button", { onclick: () => send(view, t("host.swap"), "setup", { op: "swap" }) }, t("host.swap")),
      state.turn.round <= 1 && ["ready", "playing"].includes(state.status) && h("button", { onclick: () => firstPlayer(view) }, t("host.firstPlayer"))));
}

async function firstPlayer(view) {
  const { state } = view.game;
  const player = await choose(t("host.firstPlayer"), PLAYERS.map((n) => [n, nameOf(state, n)]));
  if (player) send(view, t("host.firstPlayer"), "setup", { op: "first_player", player });
}

/** Name and army of one player, entered at the table. */
export const nameModal = (view, player) => profileModal(view.side(player), null);

function ends(view) {
  const { state } = view.game;
  const playing = state.status === "playing";
  return h("section", { class: "stack" }, h("h3", {}, t("host.ends")),
    h("div", { class: "choices" },
      playing && h("button", { onclick: () => complete(view) }, t("host.complete")),
      playing && h("button", { onclick: () => sure(view, "time_call", t("host.timeCall")) }, t("host.timeCall")),
      h("button", { onclick: () => concede(view) }, t("seat.concede")),
      h("button", { class: "danger", onclick: () => (playing ? sure(view, "abandon", t("host.abandon")) : sure(view, "void", t("host.void"))) }, t(playing ? "host.abandon" : "host.void"))));
}

async function sure(view, op, what) {
  if (await confirm(what, { text: t("host.sure"), yes: what, danger: true })) end(view, what, { op });
}

function end(view, what, data) {
  view.open(null);
  return send(view, what, "game_end", data);
}

async function complete(view) {
  const { state } = view.game;
  if (state.ruleset.winner !== "declared") return sure(view, "complete", t("host.complete"));
  const found = await choose(t("host.winner"), [...PLAYERS.map((n) => [n, t("match.wins", { name: nameOf(state, n) })]), [0, t("common.draw")]]);
  if (found !== null) end(view, t("host.complete"), { op: "complete", winner: found });
}

async function concede(view) {
  const { state } = view.game;
  const player = await choose(t("host.whoConcedes"), PLAYERS.map((n) => [n, nameOf(state, n)]));
  if (player) end(view, t("seat.concede"), { op: "concede", player });
}

async function reopen(view) {
  const reason = await ask(t("host.reopen"), { label: t("common.reason"), yes: t("host.reopen") });
  if (reason !== null) end(view, t("host.reopen"), { op: "reopen", reason });
}

/** One of a few, each a key: resolves with its value, or null. */
function choose(title, options) {
  return dialog(title, (close) => h("div", { class: "stack" },
    options.map(([value, words]) => h("button", { class: "big", key: value, onclick: () => close(value) }, words)),
    h("button", { onclick: () => close(null) }, t("common.cancel"))));
}

const SWITCHES = ["pause_policy", "player_scores", "undo_by", "visibility", "need_signatures", "pause_on_call", "host_may_adjust"];
const CHOICES = {
  pause_policy: ["any", "both", "judge"],
  player_scores: ["own", "both"],
  undo_by: ["own", "agreement"],
  visibility: ["listed", "link"],
};

function settings(view) {
  const { state } = view.game;
  const known = { ...rules(state), ...state.settings };
  const set = (key) => (value) => send(view, t(`host.settings.${key}`), "settings_update", { key, value });
  return h("section", { class: "stack" }, h("h3", {}, t("host.settingsTitle")),
    SWITCHES.filter((key) => key in known).map((key) => CHOICES[key]
      ? h("label", { class: "field", key }, h("span", {}, t(`host.settings.${key}`)),
        h("select", { value: known[key], onchange: (event) => set(key)(event.target.value) },
          CHOICES[key].map((value) => h("option", { value, key: value }, t(`host.options.${key}.${value}`)))))
      : h("label", { class: "check", key },
        h("input", { type: "checkbox", checked: Boolean(known[key]), onchange: (event) => set(key)(event.target.checked) }),
        t(`host.settings.${key}`))),
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: Boolean(known.frozen), onchange: (event) => set("frozen")(event.target.checked) }), t("host.settings.frozen")),
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: view.turned, onchange: (event) => view.turn(event.target.checked) }), t("host.turned")),
    h("label", { class: "field" }, h("span", {}, t("common.language")),
      h("select", { value: language, onchange: (event) => setLanguage(event.target.value).then(() => view.update()) },
        Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, key: tag }, name)))),
    h("a", { class: "button", href: link() }, t("enter.lobby")));
}
