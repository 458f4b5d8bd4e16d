/** The tab "Check-in": a row a table of the newest round, from the link on the tablet to the start. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark } from "../../lib/match.js";
import { toast } from "../../parts/toasts.js";
import { move, page, waysOf } from "./places.js";
import { currentEvent, DONE, natural, personOf, rowsOf } from "./rows.js";
import { newest, prepare, settingsOf } from "./rounds.js";
import { giveBoth } from "./time.js";
import { act, choice, doButton, form, labelled, reasonField, showWays } from "./ui.js";

export class MorningTab {
  event = "";
  waiting = false;

  constructor(desk) {
    this.desk = desk;
  }

  template() {
    const { desk } = this;
    const { events } = desk.venue.state;
    const event = currentEvent(desk.venue.state, this.event);
    const rows = rowsOf(desk.venue.state, desk.client.lobby.games, { now: desk.client.now(), event })
      .filter((row) => row.table)
      .sort((a, b) => natural(a.table.name, b.table.name));
    const steps = rows.map((row) => [row, stepsOf(row)]);
    const shown = steps.filter(([, step]) => !this.waiting || !step.started);
    const count = (name) => steps.filter(([, step]) => step[name]).length;
    const open = events.filter((each) => !each.closed);
    return [
      h("div", { class: "row apart" },
        h("h2", {}, event ? `${event.name}${newest(event) ? `, ${t("desk.round.n", { n: newest(event).number })}` : ""}` : t("desk.tab.morning")),
        open.length > 1 && choice(open.map((each) => [each.id, each.name]), event?.id ?? "", (id) => {
          this.event = id;
          desk.changed();
        }, { class: "event", "aria-label": t("desk.tab.event") })),
      rows.length === 0
        ? h("p", { class: "empty quiet" }, t("desk.morning.none"))
        : [
            h("div", { class: "tools" },
              h("p", { class: "counts" }, ["paired", "online", "seated", "started"].map((name) =>
                h("span", { class: `tag ${count(name) === rows.length ? "good" : ""}` }, t(`desk.morning.${name}`), " ", h("strong", {}, `${count(name)}/${rows.length}`)))),
              h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.waiting, onchange: (e) => {
                this.waiting = e.target.checked;
                desk.changed();
              } }), t("desk.morning.waiting"))),
            h("ul", { class: "plain checkin" }, shown.map(([row, step]) => this.#row(row, step))),
          ],
    ];
  }

  /** Games for all that lack one, as this event has been set up before. */
  async #setUp(event) {
    const { desk } = this;
    if (await prepare(desk, event, settingsOf(desk.venue.state, event))) toast(t("desk.round.tablesSet"));
  }

  #row(row, step) {
    const { desk } = this;
    const { table, game } = row;
    const label = (text) => [text, h("span", { class: "visually-hidden" }, `: ${table.name}`)];
    const before = !game || !DONE.has(game.status);
    const mark_ = (name, words) => h("span", { class: `step ${step[name] ? "yes" : "no"}` },
      h("span", { "aria-hidden": "true" }, step[name] ? "✓" : "○"), words);
    return h("li", { key: row.key },
      h("h3", {}, table.name),
      h("p", { class: "names" }, [1, 2].map((player) => {
        const person = personOf(row, player);
        const there = step.people[player - 1];
        return h("span", { class: `p${player} ${there ? "there" : ""}` }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(null, player).sign), ` ${person.name || t("common.player", { player })} `,
          h("span", { class: "small quiet" }, t(there ? "desk.morning.there" : "desk.morning.missing")));
      })),
      h("p", { class: "steps" },
        mark_("paired", t("desk.morning.paired")), mark_("online", t("desk.morning.online")),
        mark_("seated", t("desk.morning.seated")), mark_("started", step.started && game ? game.round && !DONE.has(game.status) ? t("desk.roundOf", { n: t("common.round", game), of: game.rounds }) : t(`match.status.${game.status}`) : t(game ? "desk.morning.notStarted" : "desk.morning.noGame"))),
      h("div", { class: "row do" },
        h("button", { onclick: () => showWays(table.name, waysOf(desk, row), { hint: t("desk.ways.hint") }) }, label(t("desk.morning.qr"))),
        !game && row.pairing?.p2 && desk.organiser && doButton(desk, "prepare", label(t("desk.morning.setUp")), () => this.#setUp(row.event), { className: "main" }),
        row.pairing && before && h("button", { onclick: () => swap(desk, row) }, label(t("desk.morning.swap"))),
        (row.pairing || game) && before && h("button", { onclick: () => move(desk, row) }, label(t("desk.sheet.move"))),
        game && before && h("button", { onclick: () => noShow(desk, row) }, label(t("desk.morning.noShow"))),
        game && before && game.clock?.mode !== "none" && doButton(desk, `give:${game.game_id}`, label(t("desk.morning.addTime")),
          () => giveBoth(desk, game.game_id, 5, t("desk.reason.time")), { said: t("desk.morning.added", { name: table.name }) }),
        game && h("a", { class: "button", ...page(desk, game.game_id, "host") }, label(t("desk.morning.open"))),
        h("button", { onclick: () => {
          desk.show("tables");
          desk.open(row.key);
        } }, label(t("desk.morning.more")))));
  }
}

/** How far a table has come. A participant's own phone counts wherever it is, once it has joined. */
function stepsOf(row) {
  const { table, game, event } = row;
  const seats = game?.seats;
  const live = (link) => link === "live";
  const people = [1, 2].map((player) => {
    if (live(seats?.[`player${player}`])) return true;
    const person = event?.participants.find((each) => each.id === personOf(row, player).id);
    return !game && Boolean(person?.joined);
  });
  return {
    paired: table.devices.length > 0,
    online: table.devices.length > 0 && live(seats?.host),
    people,
    seated: people.every(Boolean),
    started: Boolean(game) && !["waiting", "setup", "ready"].includes(game.status),
  };
}

/** Two participants change places in the round: the pairing was wrong. */
async function swap(desk, row) {
  const { event } = row;
  const round = newest(event);
  const playing = event.participants.filter((person) => round.pairings.some((p) => p.p1 === person.id || p.p2 === person.id));
  const here = [1, 2].map((player) => personOf(row, player)).filter((person) => person.id);
  const others = playing.filter((person) => !here.some((each) => each.id === person.id)).sort((a, b) => natural(a.name, b.name));
  const answer = await form(t("desk.morning.swapAsk"), () => [
    labelled(t("desk.morning.who"), choice(here.map((person) => [person.id, person.name]), here[0]?.id, null, { name: "participant" })),
    labelled(t("desk.morning.with"), choice(others.map((person) => [person.id, person.name]), others[0]?.id ?? "", null, { name: "other", required: true })),
    reasonField(t("desk.reason.desk")),
  ], { yes: t("desk.morning.swap"), text: t("desk.morning.swapText") });
  if (!answer?.other) return;
  const data = { op: "opponents", event: event.id, participant: answer.participant, other: answer.other, reason: answer.reason };
  act(desk, "assign", () => desk.venue.send("assign", data), t("desk.morning.swapped"));
}

/** Somebody did not come: the other wins. */
async function noShow(desk, row) {
  const { game } = row;
  const answer = await form(t("desk.morning.noShowAsk"), () => [
    labelled(t("desk.morning.absent"), choice([1, 2].map((player) => [player, personOf(row, player).name || t("common.player", { player })]), 2, null, { name: "player" })),
    reasonField(t("match.how.no_show")),
  ], { yes: t("desk.morning.noShow"), text: t("desk.morning.noShowText") });
  if (!answer) return;
  const data = { op: "rule", how: "no_show", player: Number(answer.player), reason: answer.reason };
  act(desk, `noshow:${game.game_id}`, () => desk.hands.send(game.game_id, "game_end", data), t("desk.said.ruled"));
}
