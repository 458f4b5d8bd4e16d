/** Everything that is not wanted every turn: pause, judge, proposals, dispute, sound, giving up. */

import { h } from "../../lib/dom.js";
import { LANGUAGES, language, setLanguage, t } from "../../lib/i18n.js";
import { link } from "../../lib/address.js";
import { nameOf, other, paused } from "../../lib/match.js";
import { ask, confirm } from "../../parts/dialog.js";
import { icon } from "./icons.js";
import { closeModal } from "./modal.js";
import { mayLift, rules } from "./rights.js";
import { profileForm, sendProfile } from "./profile.js";
import { undoModal } from "./undo.js";


export function pauseClock(view) {
  return view.taps.send("pause", t("seat.pause"), "timer_update", { op: "pause" }, { press: "pause" });
}

export function resumeClock(view) {
  return view.taps.send("pause", t("seat.resume"), "timer_update", { op: "resume" }, { press: "resume" });
}

/** A card says from then on what was proposed. */
export const propose = (view, kind) =>
  view.taps.send("propose", t(`seat.kinds.${kind}`), "propose", { kind, player: view.me });

/** The key that stops or starts the clock, as the policy has it; or the word why there is none. */
export function pauseKey(view) {
  const { state } = view.game;
  if (state.clock.mode === "none" || !state.clock.started || state.status !== "playing") return null;
  const { pause_policy: policy } = rules(state);
  const stands = paused(state);
  if (policy === "both") {
    const kind = stands ? "resume" : "pause";
    return h("button", { onclick: () => propose(view, kind) }, icon("pause"), t(`seat.propose_.${kind}`));
  }
  if (stands && mayLift(state).length) return h("button", { class: "main", onclick: () => resumeClock(view) }, icon("clock"), t("seat.resume"));
  if (policy === "judge") return h("p", { class: "quiet small" }, t("seat.judgePauses"));
  return stands ? null : h("button", { onclick: () => pauseClock(view) }, icon("pause"), t("seat.pause"));
}

async function callJudge(view) {
  closeModal(view);
  const note = await ask(t("seat.callTitle"), { label: t("seat.callNote"), yes: t("seat.call"), maxlength: 200 });
  if (note !== null) view.taps.send("judge", t("seat.call"), "judge_call", { op: "call", note });
}

/** Say that a cell, or the result, is wrong. */
export function disputeModal(view, about = {}, back = null) {
  return {
    name: "dispute",
    back,
    title: () => t("seat.disputeTitle"),
    content: () => h("form", {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        const text = event.target.elements.text.value.trim();
        view.taps.send("dispute", t("seat.disputeTitle"), "dispute", { op: "open", text, ...about });
        view.open(null);
      },
    },
      h("p", {}, t("seat.disputeText")),
      h("label", { class: "field" }, h("span", {}, t("seat.disputeWhat")), h("input", { name: "text", required: true, maxlength: 200, autocomplete: "off" })),
      h("button", { class: "danger" }, t("seat.dispute"))),
  };
}

export async function concede(view) {
  closeModal(view);
  const name = nameOf(view.game.state, other(view.me));
  const yes = await confirm(t("seat.concedeTitle"), { text: t("seat.concedeText", { name }), yes: t("seat.concede"), danger: true });
  if (yes) view.taps.send("end", t("seat.concede"), "game_end", { op: "concede", player: view.me });
}

function proposals(view) {
  const { state } = view.game;
  if (state.status !== "playing") return null;
  const kinds = ["draw", "time_call", ...(state.ruleset.rounds ? ["no_new_round"] : []), "abandon"];
  return h("section", { class: "stack" },
    h("h3", {}, t("seat.proposeTitle", { name: nameOf(state, other(view.me)) })),
    h("div", { class: "choices" }, kinds.map((kind) =>
      h("button", { onclick: () => { closeModal(view); propose(view, kind); } }, t(`seat.kinds.${kind}`)))));
}

export const menuModal = (view) => ({
  name: "menu",
  title: () => t("seat.menu"),
  content: () => {
    const { state } = view.game;
    const before = ["waiting", "setup", "ready"].includes(state.status);
    return [
      h("div", { class: "choices" },
        pauseKey(view),
        !state.judge && !["signed", "void"].includes(state.status) && h("button", { onclick: () => callJudge(view) }, icon("hand"), t("seat.call")),
        h("button", { onclick: () => view.open(undoModal(view, view.modal)) }, icon("undo"), t("seat.undoList")),
        !before && !state.dispute && state.status !== "void" && h("button", { onclick: () => view.open(disputeModal(view, {}, view.modal)) }, icon("warn"), t("seat.dispute")),
        !["signed", "void"].includes(state.status) && h("button", { onclick: () => view.open(profileModal(view, view.modal)) }, t("seat.nameAndArmy"))),
      proposals(view),
      device(view),
      h("div", { class: "choices" },
        h("a", { class: "button", href: link({ view: "board" }, { g: view.game.id }), target: "_blank" }, t("seat.board")),
        ["waiting", "setup", "ready", "playing"].includes(state.status) &&
          h("button", { class: "danger", onclick: () => concede(view) }, t("seat.concede"))),
    ];
  },
});

/** What this phone does by itself, and in which language. */
function device(view) {
  const { signals, awake } = view;
  return h("section", { class: "stack" },
    h("h3", {}, t("seat.thisPhone")),
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: signals.on, onchange: (event) => { signals.set(event.target.checked); signals.give("turn"); } }),
      t("seat.sound")),
    h("p", { class: "quiet small" }, t(`seat.awake.${awake.how}`)),
    h("label", { class: "field" }, h("span", {}, t("common.language")),
      h("select", { value: language, onchange: (event) => setLanguage(event.target.value).then(() => view.update()) },
        Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag }, name)))));
}

export function profileModal(view, back) {
  return {
    name: "profile",
    back,
    keys: (key) => key === "profile",
    title: () => t("seat.nameAndArmy"),
    content: () => h("form", {
      class: "stack",
      onsubmit: async (event) => {
        event.preventDefault();
        if (await sendProfile(view, event.target)) view.open(null);
      },
    }, profileForm(view), h("button", { class: "main" }, t("common.save"))),
  };
}
