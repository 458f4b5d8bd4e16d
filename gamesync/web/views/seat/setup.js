/** Before play: who we are, ready, roll-offs and choices, the start. */

import { h } from "../../lib/dom.js";
import { maybe, t } from "../../lib/i18n.js";
import { mark, nameOf, other } from "../../lib/match.js";
import { icon } from "./icons.js";
import { tools } from "./keys.js";
import { setupTime } from "./play.js";
import { profileForm, sendProfile } from "./profile.js";
import { shortName, stepName } from "./words.js";

/** How far the other side has come, in words. */
function progress(view) {
  const { game, me } = view;
  const { state, presence } = game;
  const player = other(me);
  const { name, ready } = state.players[player - 1];
  const device = presence.devices.find((d) => d.role === "player" && d.player === player);
  const here = state.devices.some((d) => d.player === player);
  // Presence is told a moment later than who holds a place; and it lists those who are gone.
  const scanned = !here ? "missing" : device?.link === "gone" ? "gone" : name ? "named" : "scanned";
  const words = ready ? "ready" : scanned;
  return h("section", { class: `panel opponent p${player}`, "data-progress": words },
    h("p", { class: "who" },
      h("span", { class: "name" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player)),
      state.players[player - 1].faction && h("span", { class: "quiet" }, state.players[player - 1].faction)),
    h("p", { role: "status" }, ready && icon("check"), t(`seat.progress.${words}`)));
}

function skip(view) {
  const { game, taps } = view;
  const { state } = game;
  if (state.profile === "event" && !game.may("host", "judge", "organiser")) return null;
  const start = (player) => () =>
    taps.send("skip", t("seat.skip"), "setup", { op: "skip", first_player: player });
  return h("details", { class: "skip" },
    h("summary", {}, t("seat.skip")),
    h("div", { class: "choices" }, [1, 2].map((player) =>
      h("button", { class: `p${player}`, onclick: start(player) },
        h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign),
        t("seat.starts", { name: shortName(state, player) })))));
}

export function waitingScreen(view) {
  const { game, me, taps } = view;
  const { state } = game;
  const mine = state.players[me - 1];
  const ready = async (form) => {
    if (await sendProfile(view, form)) taps.send("ready", t("seat.ready"), "setup", { op: "ready", player: me });
  };
  const unready = () => taps.send("ready", t("seat.notReady"), "setup", { op: "ready", player: me, ready: false });
  return h("div", { class: "before" },
    h("p", { class: "quiet rules" }, `${state.ruleset.name} · ${state.ruleset.edition}`),
    setupTime(view),
    progress(view),
    mine.ready
      ? h("section", { class: `panel mine p${me}` },
        h("p", { class: "who" }, h("span", { class: "name" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, me).sign), " ", nameOf(state, me)), mine.faction && h("span", { class: "quiet" }, mine.faction)),
        h("p", { role: "status" }, icon("check"), t("seat.youAreReady")),
        h("button", { onclick: unready }, t("seat.notReady")))
      : h("form", {
        class: `panel mine p${me}`,
        onsubmit: (event) => {
          event.preventDefault();
          ready(event.target);
        },
        // The name stands on the wall while the rest is still being thought about.
        onchange: (event) => event.target.name === "name" && event.target.value.trim() && sendProfile(view, event.currentTarget),
      },
        h("h2", {}, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, me).sign), " ", t("seat.whoAreYou"), " ", h("span", { class: "quiet small" }, t("common.player", { player: me }))),
        profileForm(view),
        h("button", { class: "seat-coloured big" }, t("seat.ready"))),
    skip(view),
    tools(view, { undo: false, sheet: false }));
}

function die(view, player, roll) {
  const { state } = view.game;
  return h("div", { class: `die p${player}` },
    h("span", { class: "quiet" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", shortName(state, player)),
    h("span", { class: "face number", "data-rolled": String(roll > 0) }, roll || "?"));
}

/** The roll-off or choice that is next: before play, or between rounds. */
export function stepPanel(view) {
  const { game, me, taps } = view;
  const { state } = game;
  const { setup } = state;
  if (!setup.step) return null;
  const problem = taps.problem("step");
  const send = (what, data) => () => taps.send("step", what, "setup", data);
  const roll = setup.kind === "roll";
  return h("section", { class: `panel step p${me}`, "data-step": setup.step },
    h("h2", {}, stepName(setup)),
    roll && h("div", { class: "dice" }, [1, 2].map((player) => die(view, player, setup.rolls[player - 1]))),
    setup.tied && h("p", { role: "status" }, t("seat.tied")),
    roll && (setup.rolls[me - 1]
      ? h("p", { role: "status" }, t("seat.waitRoll", { name: nameOf(state, other(me)) }))
      : h("button", { class: "seat-coloured big", onclick: send(t("seat.roll"), { op: "roll", player: me }) }, t("seat.roll"))),
    roll && h("div", { class: "stack real" },
      h("p", { class: "quiet" }, t("seat.realDice")),
      h("div", { class: "choices" }, [1, 2].map((player) =>
        h("button", { class: `p${player}`, onclick: send(t("seat.realDice"), { op: "result", winner: player }) },
          h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), t("seat.won", { name: shortName(state, player) }))))),
    !roll && (setup.chooser === me
      ? [h("p", {}, t("seat.youChoose")),
        h("div", { class: "choices" }, setup.options.map((option) =>
          h("button", { class: "seat-coloured big", onclick: send(stepName(setup), { op: "choose", option, player: me }) }, maybe(`seat.options.${option}`) ?? option)))]
      : h("p", { role: "status" }, setup.chooser ? t("seat.theyChoose", { name: nameOf(state, setup.chooser) }) : t("seat.tableChooses"))),
    problem && h("p", { class: "error" }, problem));
}

export function setupScreen(view) {
  return h("div", { class: "before" }, setupTime(view), stepPanel(view), skip(view), tools(view, { sheet: false }));
}

export function readyScreen(view) {
  const { game, me, taps } = view;
  const { state } = game;
  const { first_player: first, attacker } = state.turn;
  const start = () => taps.send("start", t("seat.start"), "timer_update", { op: "start" });
  const problem = taps.problem("start");
  return h("div", { class: "before" },
    h("section", { class: `panel step p${first || 1}` },
      h("h2", {}, first === me ? t("seat.youStart") : t("seat.theyStart", { name: nameOf(state, first || 1) })),
      attacker > 0 && h("p", {}, attacker === me ? t("seat.youAttack") : t("seat.theyAttack", { name: nameOf(state, attacker) })),
      h("button", { class: "seat-coloured big", onclick: start }, t("seat.start")),
      problem && h("p", { class: "error" }, problem)),
    skip(view),
    tools(view, { sheet: false }));
}
