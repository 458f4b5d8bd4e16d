/** The round clock at the head of the desk, what it can be told, and the banner after a power cut. */

import { h } from "../../lib/dom.js";
import { clockText, lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { confirm } from "../../parts/dialog.js";
import { icon } from "./icons.js";
import { currentEvent, powerCut, roundLeft } from "./rows.js";
import { bare, newest, setTables, startButton, toStart } from "./rounds.js";
import { act, doButton, form, labelled, reasonField } from "./ui.js";
import { minutesWords } from "./words.js";

const send = (desk, data) => () => desk.venue.send("round_clock", data);

/** Round, time left, and the buttons for all tables. */
export function clockBar(desk) {
  const { venue } = desk;
  const clock = venue.state.round_clock;
  const event = currentEvent(venue.state, clock?.event);
  if (!clock) return waiting(desk, event);
  const left = roundLeft(clock, desk.client.now());
  const over = clock.over || left < 0;
  const held = clock.paused.length > 0;
  const next = over ? toStart(event) : null;
  return h("section", { class: `round-clock ${over ? "over" : held ? "held" : ""}`, "aria-label": t("desk.round.clockLabel") },
    h("div", { class: "face" },
      h("span", { class: "what" }, clock.round ? t("desk.round.n", { n: clock.round }) : t("desk.round.hall")),
      h("span", { class: "left number" }, over ? `−${lengthText(-Math.min(0, left))}` : clockText(left, { tenths: false })),
      h("span", { class: "how" }, over ? t("desk.round.over") : held ? [icon("pause"), ` ${t("desk.round.held")}`] : t("desk.round.left"))),
    desk.organiser && h("div", { class: "row" },
      next ? startButtons(desk, event) : setUp(desk, event),
      held
        ? doButton(desk, "round", t("desk.round.resume"), () => resumeAll(desk), { className: "main", said: t("desk.round.resumed") })
        : !over && doButton(desk, "round", t("desk.round.pause"), send(desk, { op: "pause" }), { said: t("desk.round.paused") }),
      doButton(desk, "plus5", t("desk.round.plus", { n: 5 }), send(desk, { op: "extend", delta_ms: 300_000, reason: t("desk.reason.desk") }), {
        said: t("desk.round.extended", { time: t("desk.time.min", { n: 5 }) }),
      }),
      h("button", { onclick: () => extend(desk) }, t("desk.round.extend")),
      h("button", { onclick: () => stop(desk) }, t("desk.round.stop"))));
}

/** Whatever all were paused for: by the desk, by a power cut. */
async function resumeAll(desk) {
  const { state } = desk.venue;
  const off = powerCut(state, desk.client.lobby.games);
  if (off && (off.games.length || off.round)) await desk.venue.send("round_clock", { op: "resume_all" });
  if (desk.venue.state.round_clock?.running === false) await desk.venue.send("round_clock", { op: "resume" });
}

/** No clock is on: what comes next. */
function waiting(desk, event) {
  const round = toStart(event);
  return h("section", { class: "round-clock none", "aria-label": t("desk.round.clockLabel") },
    h("div", { class: "face" },
      event && h("span", { class: "what" }, event.name),
      h("span", { class: "how" }, round ? t("desk.round.paired", { n: round.number }) : t("desk.round.none"))),
    desk.organiser && h("div", { class: "row" },
      round && startButtons(desk, event),
      !round && event && h("button", { onclick: () => desk.show("event") }, t("desk.round.pairNext", { n: (newest(event)?.number ?? 0) + 1 })),
      !round && h("button", { onclick: () => startHall(desk) }, t("desk.round.hallStart"))));
}

function startButtons(desk, event) {
  const { progress } = desk;
  if (progress) return h("span", { role: "status" }, t("desk.round.making", progress));
  return [setUp(desk, event), startButton(desk, event)];
}

/** Pairings that have no game yet; new ones, or changed after the start. */
function setUp(desk, event) {
  if (!event || event.closed || !bare(event).length) return null;
  return h("button", { disabled: desk.progress !== null, onclick: () => setTables(desk, event) }, t("desk.round.setTablesYes"));
}

async function startHall(desk) {
  const answer = await form(t("desk.round.hallStart"), () =>
    labelled(t("desk.round.minutes"), h("input", { name: "minutes", type: "number", min: 1, max: 1440, value: "180", required: true })));
  if (answer) act(desk, "round", send(desk, { op: "start", length_ms: Number(answer.minutes) * 60_000 }), t("desk.round.hallStarted"));
}

async function extend(desk) {
  const answer = await form(t("desk.round.extend"), () => [
    labelled(t("desk.round.by"), h("input", { name: "minutes", type: "number", min: -600, max: 600, value: "10", required: true })),
    reasonField(t("desk.reason.desk")),
  ]);
  if (!answer || !Number(answer.minutes)) return;
  const delta_ms = Number(answer.minutes) * 60_000;
  act(desk, "plus5", send(desk, { op: "extend", delta_ms, reason: answer.reason }), t("desk.round.extended", { time: t("desk.time.min", { n: answer.minutes }) }));
}

async function stop(desk) {
  const yes = await confirm(t("desk.round.stopAsk"), { text: t("desk.round.stopText"), yes: t("desk.round.stop"), danger: true });
  if (yes) act(desk, "round", send(desk, { op: "stop" }), t("desk.round.stopped"));
}

/** One banner after a power cut, with the two things that are wanted then. */
export function powerBanner(desk) {
  const { settings, round_clock: clock } = desk.venue.state;
  const cut = powerCut(desk.venue.state, desk.client.lobby.games);
  const dealt = !cut?.gap || settings[DEALT] === String(cut.gap.to_ms);
  const held = cut && (cut.games.length > 0 || cut.round);
  if (!held && (dealt || !clock || !desk.organiser)) return null;
  const gapMs = cut.gap?.gap_ms ?? null;
  const off = !cut.gap ? t("desk.power.away") : gapMs === null ? t("desk.power.unknown") : t("desk.power.off", { time: gapMs < 30_000 ? t("desk.time.under") : t("desk.time.about", { time: minutesWords(gapMs) }) });
  const stand = !held ? t("desk.power.again") : cut.games.length ? t("desk.power.clocks", { n: cut.games.length }) : t("desk.power.round");
  const minutes = gapMs === null ? 0 : Math.round(gapMs / 60_000);
  const resume = async () => {
    if (desk.organiser) return resumeAll(desk);
    // A judge has no hand in the round clock, but in each table's.
    return Promise.all(cut.games.map((game) => desk.hands.send(game.game_id, "timer_update", { op: "resume", why: "server" })));
  };
  // Given back once, whichever desk does it.
  const settle = () => desk.venue.send("settings_update", { key: DEALT, value: String(cut.gap.to_ms) });
  const give = async () => {
    await desk.venue.send("round_clock", { op: "extend", delta_ms: minutes * 60_000, reason: t("desk.power.reason") });
    await settle();
  };
  return h("div", { class: "notice warn power", role: "alert" },
    icon("bolt"), h("p", { class: "grow" }, h("strong", {}, off), ` ${stand}`),
    h("div", { class: "row" },
      held && doButton(desk, "power", t("desk.power.resume"), resume, { className: "main", said: t("desk.power.resumed") }),
      desk.organiser && clock && minutes > 0 && !dealt && doButton(desk, "give", t("desk.power.extend", { n: minutes }), give, {
        said: t("desk.round.extended", { time: t("desk.time.min", { n: minutes }) }),
      }),
      !held && doButton(desk, "dealt", t("common.close"), settle)));
}

const DEALT = "x.desk.gap_dealt";
