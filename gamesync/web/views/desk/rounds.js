/** An event's round: its settings, the games of its pairings, its start. */

import { about } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { maybe, t } from "../../lib/i18n.js";
import { refused, toast } from "../../parts/toasts.js";
import { act, choice, form, labelled } from "./ui.js";
import { minutesWords } from "./words.js";

const LENGTH_MIN = 180;

/** What the desk keeps of an event in the venue's settings: `{ruleset, clock, minutes}`. */
export function settingsOf(venue, event) {
  const of = (name) => venue.settings[`x.desk.${event.id}.${name}`];
  return {
    ruleset: of("ruleset") || venue.settings.ruleset || "wh40k-10e",
    clock: of("clock") || "",
    minutes: of("minutes") || LENGTH_MIN,
  };
}

/** Keep them for the whole event, and so for other desks. */
export async function keep(desk, event, wanted) {
  const had = settingsOf(desk.venue.state, event);
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== had[name]) await desk.venue.send("settings_update", { key: `x.desk.${event.id}.${name}`, value });
  }
}

export const newest = (event) => event?.rounds.at(-1) ?? null;
export const toStart = (event) => (event && !event.closed && newest(event)?.started_at === null ? newest(event) : null);

/** Pairings of the newest round that have a table and no game. */
export const bare = (event) => (newest(event)?.pairings ?? []).filter((each) => each.p2 && each.table && !each.game);

export function clockWords(clock) {
  const known = maybe(`desk.clock.${clock.id}`);
  if (known) return known;
  const time = minutesWords(clock.budget_ms);
  return clock.increment_ms ? t("desk.clockPlus", { time, n: clock.increment_ms / 1000 }) : time;
}

/** Fields of ruleset, clock and length, as a dialog has them. */
export async function roundFields(desk, event) {
  const box = await about();
  const kept = settingsOf(desk.venue.state, event);
  return () => [
    labelled(t("desk.round.ruleset"), choice(box.rulesets.map((r) => [r.id, `${r.name}, ${r.edition}`]), kept.ruleset, null, { name: "ruleset" })),
    labelled(t("desk.round.clock"), choice([["", t("desk.round.ownClock")], ...box.clocks.map((c) => [c.id, clockWords(c)])], kept.clock, null, { name: "clock" })),
    labelled(t("desk.round.minutes"), h("input", { name: "minutes", type: "number", min: 1, max: 1440, required: true, value: String(kept.minutes) })),
  ];
}

export const read = ({ ruleset, clock, minutes }) => ({ ruleset, clock, minutes: Number(minutes) });

/**
 * Make the games of pairings that have none, and put them on their tables: tablets and phones go
 * there by themselves. Resolves with whether all are there.
 */
export async function prepare(desk, event, { ruleset, clock }) {
  const people = new Map(event.participants.map((person) => [person.id, person]));
  const tables = new Map(desk.venue.state.tables.map((table) => [table.id, table]));
  const wanting = bare(event);
  let done = 0;
  desk.progress = wanting.length ? { done, of: wanting.length } : null;
  desk.changed();
  const one = async (pairing) => {
    const table = tables.get(pairing.table);
    const [first, second] = [people.get(pairing.p1), people.get(pairing.p2)];
    const game = await desk.hands.create({
      ruleset,
      profile: "event",
      host: false, // the table's own screen is that
      player1_name: first.name,
      player2_name: second.name,
      ...(first.faction && { player1_faction: first.faction }),
      ...(second.faction && { player2_faction: second.faction }),
      table: table.name,
      options: clock ? { clock } : {},
    });
    await desk.venue.send("assign", { op: "game", table: table.id, game, event: event.id, reason: t("desk.round.reason") });
    done += 1;
    desk.progress = { done, of: wanting.length };
    desk.changed();
  };
  try {
    await Promise.all(wanting.map(one));
    return true;
  } catch (error) {
    refused(error);
    return false;
  } finally {
    desk.progress = null;
    desk.changed();
  }
}

/** Games on the tables, before the clock of the round: people come, take their seats, begin to set up. */
export async function setTables(desk, event) {
  const fields = await roundFields(desk, event);
  const answer = await form(t("desk.round.setTables", { n: newest(event).number }), fields, {
    text: t("desk.round.setTablesText"), yes: t("desk.round.setTablesYes"),
  });
  if (!answer) return;
  const wanted = read(answer);
  await act(desk, "prepare", async () => {
    await keep(desk, event, wanted);
    if (await prepare(desk, event, wanted)) toast(t("desk.round.tablesSet"));
  });
}

export const startButton = (desk, event) =>
  h("button", { class: "main", disabled: desk.doing.has("start_round"), onclick: () => startRound(desk, event) }, t("desk.round.start", { n: toStart(event).number }));

/** Start the round: what is missing is made, then its clock runs. */
export async function startRound(desk, event) {
  const round = toStart(event);
  const fields = await roundFields(desk, event);
  const missing = bare(event).length;
  const text = [t("desk.round.startText", { n: round.pairings.length }), missing ? t("desk.round.startMakes", { n: missing }) : ""].join(" ");
  const title = t("desk.round.start", { n: round.number });
  const answer = await form(title, fields, { text, yes: title });
  if (!answer) return;
  const wanted = read(answer);
  await act(desk, "start_round", async () => {
    await keep(desk, event, wanted);
    const now = desk.venue.state.events.find((each) => each.id === event.id) ?? event;
    if (!(await prepare(desk, now, wanted))) return;
    // A round clock that ran out is in the way of the next.
    if (desk.venue.state.round_clock) await desk.venue.send("round_clock", { op: "stop" });
    await desk.venue.send("event", { op: "start_round", event: event.id, round: round.number, length_ms: wanted.minutes * 60_000 });
    toast(t("desk.round.started", { n: round.number }));
  });
}
