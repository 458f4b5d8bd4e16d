/** Pairings of a round: by hand with selects, or out of a file; sent as a whole. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { dialog } from "../../parts/dialog.js";
import { pairingsFrom } from "./csv.js";
import { importDialog } from "./imports.js";
import { natural } from "./rows.js";
import { newest } from "./rounds.js";
import { act, choice } from "./ui.js";

const nameIn = (list, id) => list.find((each) => each.id === id)?.name ?? "";

/** "Table 3: Anna – Marek", "Anna: bye". */
export function pairingWords(desk, event, { p1, p2, table }) {
  const one = nameIn(event.participants, p1);
  if (!p2) return t("desk.pairing.bye", { name: one });
  return `${nameIn(desk.venue.state.tables, table) || t("desk.noTable")}: ${one} – ${nameIn(event.participants, p2)}`;
}

/** The number of the round that pairings are for: the newest again while it has not started. */
export function roundToPair(event) {
  const last = newest(event);
  return last && last.started_at === null ? last.number : (last?.number ?? 0) + 1;
}

async function pair(desk, event, number, pairings, reason = "") {
  const sent = pairings.map(({ p1, p2, table, game }) => ({ p1, p2, table: p2 ? table : "", ...(game ? { game } : {}) }));
  return act(desk, "pair", () => desk.venue.send("event", { op: "pair_round", event: event.id, round: number, pairings: sent, reason }), t("desk.pairing.saved", { n: number }));
}

export async function importPairings(desk, event) {
  const { tables } = desk.venue.state;
  const sorted = [...tables].sort((a, b) => natural(a.name, b.name));
  const read = (text) => pairingsFrom(text, { participants: event.participants, tables: sorted });
  const found = await importDialog("pairings", read, (row) => pairingWords(desk, event, row));
  if (found) pair(desk, event, roundToPair(event), found.pairings);
}

/** A line a table with two selects; who is taken elsewhere moves here. */
export async function pairByHand(desk, event, { again = false } = {}) {
  const tables = [...desk.venue.state.tables].sort((a, b) => natural(a.name, b.name));
  const number = again ? newest(event).number : roundToPair(event);
  const started = again && newest(event).started_at !== null;
  const before = newest(event)?.number === number ? newest(event).pairings : [];
  const people = event.participants.filter((person) => !person.dropped || before.some((p) => p.p1 === person.id || p.p2 === person.id)).sort((a, b) => natural(a.name, b.name));
  const lines = before.map((each) => ({ ...each }));
  const used = new Set(lines.map((each) => each.table));
  const free = tables.filter((table) => !used.has(table.id));
  while (lines.length < Math.ceil(people.length / 2)) lines.push({ p1: "", p2: "", table: free.shift()?.id ?? "", game: "" });
  let reason = t("desk.reason.desk");
  const taken = () => new Set(lines.flatMap((each) => [each.p1, each.p2]).filter(Boolean));
  const put = (line, seat, id) => {
    for (const each of lines) for (const other of ["p1", "p2"]) if (id && each[other] === id) each[other] = "";
    line[seat] = id;
    line.game = "";
    shown.redraw();
  };
  const shown = dialog(t("desk.pairing.title", { n: number }), (close) => {
    const out = people.filter((person) => !taken().has(person.id));
    const complete = lines.filter((each) => each.p1 || each.p2);
    return [
      h("p", { class: "small quiet" }, out.length ? t("desk.pairing.left", { names: out.map((person) => person.name).join(", ") }) : t("desk.pairing.all")),
      h("ol", { class: "plain pairings" }, lines.map((line, i) => h("li", { key: String(i) },
        choice([["", t("desk.noTable")], ...tables.map((table) => [table.id, table.name])], line.table, (id) => {
          for (const each of lines) if (id && each.table === id) each.table = line.table;
          line.table = id;
          shown.redraw();
        }, { "aria-label": t("desk.pairing.table", { n: i + 1 }) }),
        seat(line, "p1", i), h("span", { "aria-hidden": "true" }, "–"), seat(line, "p2", i)))),
      h("button", { type: "button", onclick: () => fill(out) }, t("desk.pairing.fill")),
      started && h("label", { class: "field" }, h("span", {}, t("common.reason")), h("input", { value: reason, maxlength: 200, oninput: (event_) => (reason = event_.target.value) })),
      h("div", { class: "row" },
        h("button", { class: "main grow", disabled: complete.length === 0, onclick: () => close(complete) }, t("common.save")),
        h("button", { class: "grow", onclick: () => close(null) }, t("common.cancel"))),
    ];
  }, { className: "desk wide" });
  function seat(line, which, i) {
    const here = taken();
    const options = people.map((person) => [person.id, here.has(person.id) && line[which] !== person.id ? `${person.name} *` : person.name]);
    return choice([["", which === "p2" && line.p1 ? t("desk.bye") : "–"], ...options], line[which], (id) => put(line, which, id), { "aria-label": t("desk.pairing.seat", { n: i + 1, player: which[1] }) });
  }
  /** Who is left sits down in the order of the list. */
  function fill(out) {
    const waiting = [...out];
    for (const line of lines) for (const which of ["p1", "p2"]) if (!line[which] && waiting.length) line[which] = waiting.shift().id;
    shown.redraw();
  }
  const chosen = await shown;
  if (!chosen) return;
  const whole = chosen.map((each) => (each.p1 ? each : { ...each, p1: each.p2, p2: "" }));
  pair(desk, event, number, whole, started ? reason : "");
}
