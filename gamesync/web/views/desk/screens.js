/** Announcements, and the displays that are steered from here. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { ask, confirm } from "../../parts/dialog.js";
import { natural } from "./rows.js";
import { act, choice, doButton, form, labelled } from "./ui.js";

/** Say something to all screens, to an event's, to a table's. */
export async function announceDialog(desk, { to = "all", target = "" } = {}) {
  const { tables, events } = desk.venue.state;
  const open = events.filter((event) => !event.closed);
  const sorted = [...tables].sort((a, b) => natural(a.name, b.name));
  const places = [
    ["all|", t("desk.announce.all")],
    ...open.map((event) => [`event|${event.id}`, event.name]),
    ...sorted.map((table) => [`table|${table.id}`, table.name]),
  ];
  const quick = ["lunch", "finish", "dice", "results"].map((key) => t(`desk.announce.quick.${key}`));
  const answer = await form(t("desk.announce.title"), () => [
    labelled(t("desk.announce.text"), h("input", { name: "text", maxlength: 200, required: true, autocomplete: "off", list: "desk-said" })),
    h("datalist", { id: "desk-said" }, quick.map((value) => h("option", { value }))),
    labelled(t("desk.announce.to"), choice(places, `${to}|${target}`, null, { name: "to" })),
    labelled(t("desk.announce.minutes"), choice([5, 10, 30, 60].map((n) => [n, t("desk.time.min", { n })]).concat([[0, t("desk.announce.until")]]), 10, null, { name: "minutes" })),
  ], { yes: t("desk.announce.say") });
  if (!answer?.text.trim()) return;
  const [kind, id] = answer.to.split("|");
  const data = { op: "add", text: answer.text, to: kind, target: id, minutes: Number(answer.minutes) };
  act(desk, "announce", () => desk.venue.send("announce", data), t("desk.announce.said"));
}

export function announcements(desk) {
  const { announcements: all, tables, events } = desk.venue.state;
  const now = desk.client.now();
  return h("section", { class: "panel", "aria-labelledby": "hall-said" },
    h("div", { class: "row apart" }, h("h2", { id: "hall-said" }, t("desk.hall.announcements")), h("button", { onclick: () => announceDialog(desk) }, t("desk.announce.new"))),
    all.length === 0 ? h("p", { class: "quiet" }, t("desk.announce.none")) : h("ul", { class: "plain list" }, all.map((each) => {
      const where = each.to === "all" ? t("desk.announce.all") : [...tables, ...events].find((one) => one.id === each.target)?.name ?? "";
      return h("li", { class: "row apart", key: each.id },
        h("div", { class: "grow" }, h("p", {}, each.text), h("p", { class: "small quiet" }, [where, now !== null && t("common.ago", { time: lengthText(now - each.at_ms) })].filter(Boolean).join(" · "))),
        doButton(desk, `said:${each.id}`, t("desk.announce.remove"), () => desk.venue.send("announce", { op: "remove", announcement: each.id })));
    })));
}

const KINDS = ["board", "rotation", "round_clock", "table"];

export function displays(desk) {
  const all = desk.venue.state.displays;
  return h("section", { class: "panel", "aria-labelledby": "hall-displays" },
    h("h2", { id: "hall-displays" }, t("desk.hall.displays")),
    all.length === 0 ? h("p", { class: "quiet" }, t("desk.display.none")) : h("ul", { class: "plain list" }, all.map((display) => one(desk, display))));
}

/** What it shows; what is not told is as usual. */
const showing = (display) => ({ kind: "board", game: "", table: "", tables: [], every_ms: 20_000, ...display.shows });

function one(desk, display) {
  const tables = [...desk.venue.state.tables].sort((a, b) => natural(a.name, b.name));
  const shows = showing(display);
  const show = (data, said) => act(desk, `show:${display.id}`, () => desk.venue.send("display", { op: "show", display: display.id, ...data }), said);
  const pick = (value) => {
    const [kind, table] = value.split("|");
    const wanted = kind === "rotation" ? { tables: tables.slice(0, 50).map((each) => each.id) } : kind === "table" ? { table } : {};
    show({ kind, ...wanted }, t("desk.display.shown", { name: display.name }));
  };
  const value = shows.kind === "table" ? `table|${shows.table}` : `${shows.kind}|`;
  const options = [
    ...KINDS.slice(0, 3).map((kind) => [`${kind}|`, t(`desk.display.kind.${kind}`)]),
    ...(shows.kind === "game" ? [[value, t("desk.display.kind.game")]] : []),
    ...tables.map((table) => [`table|${table.id}`, table.name]),
  ];
  return h("li", { class: "row apart", key: display.id },
    h("div", { class: "grow" }, h("p", {}, h("strong", {}, display.name)), h("p", { class: "small quiet" }, t("desk.display.devices", { n: display.devices.length }))),
    h("div", { class: "row" },
      choice(options, value, pick, { "aria-label": t("desk.display.shows", { name: display.name }) }),
      shows.kind === "rotation" && h("button", { key: "rotation", onclick: () => rotation(desk, display, show) }, t("desk.display.rotation", { n: shows.tables.length })),
      doButton(desk, `reload:${display.id}`, t("desk.display.reload"), () => desk.venue.send("display", { op: "reload", display: display.id }), { said: t("desk.display.reloaded", { name: display.name }) }),
      h("button", {
        key: "rename",
        onclick: async () => {
          const name = await ask(t("desk.rename"), { label: t("desk.name"), value: display.name, maxlength: 40, required: true });
          if (name) act(desk, `disp:${display.id}`, () => desk.venue.send("display", { op: "rename", display: display.id, name }));
        },
      }, t("desk.rename")),
      h("button", {
        key: "remove",
        class: "danger",
        onclick: async () => {
          if (await confirm(t("desk.display.removeAsk", { name: display.name }), { yes: t("desk.remove"), danger: true })) {
            act(desk, `disp:${display.id}`, () => desk.venue.send("display", { op: "remove", display: display.id }));
          }
        },
      }, t("desk.remove"))));
}

async function rotation(desk, display, show) {
  const tables = [...desk.venue.state.tables].sort((a, b) => natural(a.name, b.name));
  const shows = showing(display);
  const answer = await form(t("desk.display.kind.rotation"), () => [
    labelled(t("desk.display.every"), h("input", { name: "seconds", type: "number", min: 2, max: 3600, value: String(Math.round(shows.every_ms / 1000)), required: true })),
    h("fieldset", { class: "picks" }, h("legend", {}, t("desk.display.which")), tables.map((table) =>
      h("label", { class: "check" }, h("input", { type: "checkbox", name: `t:${table.id}`, checked: shows.tables.includes(table.id) }), table.name))),
  ], { yes: t("common.save") });
  if (!answer) return;
  const chosen = tables.filter((table) => answer[`t:${table.id}`]).map((table) => table.id).slice(0, 50);
  if (chosen.length) show({ kind: "rotation", tables: chosen, every_ms: Number(answer.seconds) * 1000 }, t("desk.display.shown", { name: display.name }));
}
