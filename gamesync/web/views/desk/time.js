/** The sheet's part on time: pause, give, take, set. */

import { h } from "../../lib/dom.js";
import { clockText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";
import { toast } from "../../parts/toasts.js";
import { icon } from "./icons.js";
import { act, form, labelled } from "./ui.js";
import { msOf, pauseWords } from "./words.js";

const STEPS = [-5, -1, 1, 5];

export function timePart(sheet, state) {
  if (state.clock.mode === "none" || ["ended", "signed", "void"].includes(state.status)) return null;
  return h("section", { class: "part", "aria-labelledby": "sheet-time" },
    h("h3", { id: "sheet-time" }, t("desk.sheet.time")),
    running(sheet, state),
    h("div", { class: "pair" }, [1, 2].map((player) => adjust(sheet, state, player))));
}

function running(sheet, state) {
  const { clock, status } = state;
  const { paused } = clock;
  if (paused.length) {
    return h("div", { class: "row" }, h("span", { class: "tag warn" }, icon("pause"), paused.map(pauseWords).join(", ")),
      sheet.command("resume", t("desk.resume"), "timer_update", { op: "resume" }, { className: "main", said: t("desk.said.running") }));
  }
  if (!clock.started && status === "ready") {
    return h("div", { class: "row" }, sheet.command("start", t("desk.sheet.start"), "timer_update", { op: "start" }, { className: "main" }));
  }
  if (status !== "playing") return null;
  return h("div", { class: "row" },
    sheet.command("pause", t("desk.sheet.pause"), "timer_update", { op: "pause", why: "judge" }, { reason: true }),
    sheet.command("pass", t("desk.sheet.pass"), "timer_update", { op: "switch", run: clock.run, player: clock.side || undefined }));
}

function adjust(sheet, state, player) {
  const name = nameOf(state, player);
  return h("div", { class: `p${player} adjust`, role: "group", "aria-label": t("desk.sheet.timeOf", { name }) },
    h("p", { class: "small who" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, player === 1 ? "●" : "■"), ` ${name}`),
    h("div", { class: "row" },
      STEPS.map((minutes) => {
        const label = `${minutes > 0 ? "+" : "−"}${Math.abs(minutes)}`;
        return sheet.command(`adjust:${player}:${minutes}`, label, "timer_update", { op: "adjust", player, delta_ms: minutes * 60_000 }, {
          reason: true, className: "number", "aria-label": t("desk.sheet.minutes", { n: label, name }), said: t("desk.said.time", { n: label, name }),
        });
      }),
      h("button", { onclick: () => setTime(sheet, player, name) }, t("desk.sheet.setTime"))));
}

async function setTime(sheet, player, name) {
  const { game } = sheet;
  const shown = clockText(game.clock(player), { tenths: false });
  const answer = await form(t("desk.sheet.timeOf", { name }), () => [
    labelled(t("desk.sheet.clockShows"), h("input", { name: "time", value: shown, required: true, autocomplete: "off", pattern: "\\s*[\\-−]?(\\d+:)?\\d+(:\\d\\d)?\\s*" })),
    labelled(t("common.reason"), h("input", { name: "reason", value: sheet.reason, maxlength: 200 })),
  ], { yes: t("common.save") });
  if (!answer) return;
  const time_ms = msOf(answer.time);
  if (time_ms === null) return void toast(t("desk.sheet.badTime"));
  const data = { op: "set", player, time_ms, reason: answer.reason };
  act(sheet.desk, `${game.id}:set:${player}`, () => game.send("timer_update", data), t("desk.said.timeSet", { name, time: clockText(time_ms, { tenths: false }) }));
}

/** Minutes for both players of a game, in one go; for rows outside of a sheet. */
export async function giveBoth(desk, gameId, minutes, reason) {
  for (const player of [1, 2]) {
    await desk.hands.send(gameId, "timer_update", { op: "adjust", player, delta_ms: minutes * 60_000, reason });
  }
}
