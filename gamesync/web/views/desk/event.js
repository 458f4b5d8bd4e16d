/** The tab "Event": who takes part, the rounds and their pairings, the files. */

import { download, link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { ask, confirm } from "../../parts/dialog.js";
import { participantsFrom } from "./csv.js";
import { importDialog } from "./imports.js";
import { importPairings, pairByHand, pairingWords, roundToPair } from "./pairing.js";
import { currentEvent, natural } from "./rows.js";
import { bare, newest, setTables, settingsOf, startButton, toStart } from "./rounds.js";
import { act, choice, doButton, form, labelled, reasonField, showWays } from "./ui.js";

export class EventTab {
  event = "";
  search = "";

  constructor(desk) {
    this.desk = desk;
  }

  template() {
    const { desk } = this;
    const { events } = desk.venue.state;
    const event = currentEvent(desk.venue.state, this.event);
    return [
      h("div", { class: "row apart" },
        h("h2", {}, event ? event.name : t("desk.event.none")),
        h("div", { class: "row" },
          events.length > 1 && choice(events.map((each) => [each.id, each.closed ? t("desk.event.closedName", { name: each.name }) : each.name]), event.id, (id) => {
            this.event = id;
            desk.changed();
          }, { class: "event", "aria-label": t("desk.tab.event") }),
          desk.organiser && h("button", { class: event ? "" : "main", onclick: () => this.#add() }, t("desk.event.new")))),
      event ? h("div", { class: "columns" }, this.#rounds(event), this.#people(event), this.#event(event)) : h("p", { class: "quiet" }, t("desk.event.noneText")),
    ];
  }

  async #add() {
    const { desk } = this;
    const ends = ["announce", "no_new_turn", "pause"].map((end) => [end, t(`desk.roundEnd.${end}`)]);
    const answer = await form(t("desk.event.new"), () => [
      labelled(t("desk.name"), h("input", { name: "name", maxlength: 40, required: true, autocomplete: "off" })),
      labelled(t("desk.event.roundEnd"), choice(ends, "announce", null, { name: "round_end" })),
    ]);
    if (!answer) return;
    const made = await act(desk, "event", () => desk.venue.send("event", { op: "add", ...answer }), t("desk.event.added", { name: answer.name }));
    if (made) this.event = made.detail.event;
  }

  #event(event) {
    const { desk } = this;
    const save = (form_) => () => download(`api/v1/events/${event.id}/export.${form_}`, `gamesync-event-${event.id}.${form_}`, desk.client.token);
    return h("section", { class: "panel", "aria-labelledby": "event-it" },
      h("h3", { id: "event-it" }, t("desk.event.more")),
      h("p", { class: "small quiet" }, t(`desk.roundEnd.${event.round_end}`)),
      h("div", { class: "row" },
        doButton(desk, "event.csv", t("desk.export.eventCsv"), save("csv")),
        doButton(desk, "event.json", t("desk.export.eventJson"), save("json")),
        h("a", { class: "button", target: "_blank", href: link({ view: "cards", event: event.id, kind: "people" }, { v: desk.v }) }, t("desk.event.cards")),
        h("button", {
          onclick: async () => {
            const name = await ask(t("desk.rename"), { label: t("desk.name"), value: event.name, maxlength: 40, required: true });
            if (name) act(desk, "event", () => desk.venue.send("event", { op: "rename", event: event.id, name }));
          },
        }, t("desk.rename")),
        desk.organiser && (event.closed
          ? doButton(desk, "close", t("desk.event.reopen"), () => desk.venue.send("event", { op: "close", event: event.id, closed: false }))
          : h("button", {
              class: "danger",
              onclick: async () => {
                const yes = await confirm(t("desk.event.closeAsk", { name: event.name }), { text: t("desk.event.closeText"), yes: t("desk.event.close"), danger: true });
                if (yes) act(desk, "close", () => desk.venue.send("event", { op: "close", event: event.id }), t("desk.event.wasClosed"));
              },
            }, t("desk.event.close")))));
  }

  #rounds(event) {
    const { desk } = this;
    const round = newest(event);
    const start = toStart(event);
    const number = roundToPair(event);
    const { minutes } = settingsOf(desk.venue.state, event);
    return h("section", { class: "panel rounds", "aria-labelledby": "event-rounds" },
      h("h3", { id: "event-rounds" }, t("desk.event.rounds")),
      h("div", { class: "row" },
        !event.closed && event.participants.length > 1 && [
          h("button", { class: start ? "" : "main", onclick: () => pairByHand(desk, event) }, t("desk.pairing.byHand", { n: number })),
          h("button", { onclick: () => importPairings(desk, event) }, t("desk.pairing.import", { n: number })),
        ],
        !event.closed && desk.organiser && bare(event).length > 0 && h("button", { onclick: () => setTables(desk, event) }, t("desk.round.setTablesYes")),
        start && desk.organiser && startButton(desk, event),
        round && !start && !event.closed && h("button", { onclick: () => pairByHand(desk, event, { again: true }) }, t("desk.pairing.change", { n: round.number }))),
      desk.progress && h("p", { role: "status" }, t("desk.round.making", desk.progress)),
      event.participants.length < 2 && h("p", { class: "quiet" }, t("desk.event.needPeople")),
      start && h("p", { class: "small quiet" }, t("desk.event.length", { n: minutes })),
      [...event.rounds].reverse().map((each) => h("details", { key: String(each.number), open: each === round ? true : undefined },
        h("summary", {}, `${t("desk.round.n", { n: each.number })} · ${t(each.started_at === null ? "desk.round.notStarted" : each === round ? "desk.round.on" : "desk.round.before")}`),
        h("ul", { class: "plain small" }, [...each.pairings]
          .map((pairing) => [pairing, pairingWords(desk, event, pairing)])
          .sort((a, b) => natural(a[1], b[1]))
          .map(([pairing, words]) => h("li", { key: pairing.p1 }, words, this.#outcome(pairing)))))));
  }

  #outcome({ game }) {
    const line = this.desk.client.lobby.games.get(game);
    if (!line || !["ended", "signed"].includes(line.status)) return null;
    return h("span", { class: "number quiet" }, ` ${line.score1} : ${line.score2}${line.status === "signed" ? " ✓" : ""}`);
  }

  #people(event) {
    const { desk } = this;
    const words = this.search.trim().toLowerCase();
    const people = [...event.participants].sort((a, b) => natural(a.name, b.name)).filter((person) => !words || `${person.name} ${person.faction}`.toLowerCase().includes(words));
    const joined = event.participants.filter((person) => person.joined).length;
    return h("section", { class: "panel people", "aria-labelledby": "event-people" },
      h("h3", { id: "event-people" }, t("desk.event.people", { n: event.participants.length, joined })),
      !event.closed && h("div", { class: "row" },
        h("button", { onclick: () => this.#person(event) }, t("desk.event.addPerson")),
        h("button", { onclick: () => this.#import(event) }, t("desk.import.participants"))),
      event.participants.length > 12 && h("input", { type: "search", value: this.search, placeholder: t("desk.event.findPerson"), "aria-label": t("desk.event.findPerson"), oninput: (e) => {
        this.search = e.target.value;
        desk.changed();
      } }),
      h("ul", { class: "plain list" }, people.map((person) => this.#one(event, person))));
  }

  #one(event, person) {
    const { desk } = this;
    const label = (text) => [text, h("span", { class: "visually-hidden" }, `: ${person.name}`)];
    const ways = async () => {
      const { detail } = await desk.venue.send("event", { op: "invite_participant", event: event.id, participant: person.id });
      return [{ title: person.name, link: detail.link, hint: t("desk.ways.participant") }];
    };
    return h("li", { class: `row apart ${person.dropped ? "dropped" : ""}`, key: person.id },
      h("div", { class: "grow" }, h("p", {}, person.dropped ? h("s", {}, person.name) : person.name, person.dropped && h("span", { class: "tag" }, t("desk.event.dropped"))),
        h("p", { class: "small quiet" }, [person.faction, t(person.joined ? "desk.event.phone" : "desk.event.noPhone")].filter(Boolean).join(" · "))),
      !event.closed && h("div", { class: "row" },
        !person.dropped && h("button", { onclick: () => showWays(person.name, ways()) }, label("QR")),
        h("button", { onclick: () => this.#person(event, person) }, label(t("desk.edit"))),
        person.dropped
          ? doButton(desk, `drop:${person.id}`, label(t("desk.event.back")), () => desk.venue.send("event", { op: "drop_participant", event: event.id, participant: person.id, dropped: false }))
          : h("button", { onclick: () => this.#drop(event, person) }, label(t("desk.event.drop")))));
  }

  async #person(event, person = null) {
    const { desk } = this;
    const answer = await form(person ? person.name : t("desk.event.addPerson"), () => [
      labelled(t("desk.name"), h("input", { name: "name", maxlength: 40, required: true, value: person?.name ?? "", autocomplete: "off" })),
      labelled(t("desk.event.faction"), h("input", { name: "faction", maxlength: 40, value: person?.faction ?? "", autocomplete: "off" })),
    ], { yes: t("common.save") });
    if (!answer) return;
    const data = person ? { op: "edit_participant", event: event.id, participant: person.id, ...answer } : { op: "add_participant", event: event.id, ...answer };
    act(desk, "person", () => desk.venue.send("event", data), t("desk.event.saved", { name: answer.name }));
  }

  async #drop(event, person) {
    const answer = await form(t("desk.event.dropAsk", { name: person.name }), () => reasonField(t("desk.event.dropReason")), { text: t("desk.event.dropText"), yes: t("desk.event.drop"), danger: true });
    if (answer) act(this.desk, `drop:${person.id}`, () => this.desk.venue.send("event", { op: "drop_participant", event: event.id, participant: person.id, reason: answer.reason }), t("desk.event.wasDropped", { name: person.name }));
  }

  async #import(event) {
    const { desk } = this;
    const read = (text) => participantsFrom(text, event.participants.map((person) => person.name));
    const found = await importDialog("participants", read, (row) => [row.name, row.faction].filter(Boolean).join(", "));
    if (!found) return;
    const sent = found.rows.map(({ name, faction }) => (faction ? { name, faction } : { name }));
    act(desk, "import", async () => {
      // A message has its limit; a hall of 500 takes a few.
      for (let i = 0; i < sent.length; i += 100) await desk.venue.send("event", { op: "import_participants", event: event.id, participants: sent.slice(i, i + 100) });
    }, t("desk.import.done", { n: sent.length }));
  }
}
