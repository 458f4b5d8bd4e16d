/** The tab "Tables": what is wrong first, calls on top, a search, and a row a table. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { callsOf, DONE, nameOfRow, personOf, rowsOf, STUCK_MIN, TROUBLE } from "./rows.js";
import "./row.js";
import { signature } from "./row.js";
import { choice, doButton } from "./ui.js";
import { callerWords } from "./words.js";

const FILTERS = {
  all: () => true,
  trouble: (row) => TROUBLE.has(row.kind),
  on: (row) => row.game !== null && !DONE.has(row.game.status),
  done: (row) => row.game !== null && DONE.has(row.game.status),
  free: (row) => row.game === null,
};

export class Board {
  filter = "all";
  search = "";
  event = "";
  #models = new Map();

  constructor(desk) {
    this.desk = desk;
  }

  get rows() {
    const { venue, client } = this.desk;
    const minutes = venue.state.settings["x.desk.stuck_min"];
    const stuckMs = (Number.isInteger(minutes) && minutes > 0 ? minutes : STUCK_MIN) * 60_000;
    const event = venue.state.events.find((each) => each.id === this.event) ?? null;
    return rowsOf(venue.state, client.lobby.games, { now: client.now(), stuckMs, event });
  }

  template() {
    const { desk } = this;
    const all = desk.rows;
    const shown = all.filter((row) => FILTERS[this.filter](row)).filter((row) => this.#found(row));
    return [
      this.#calls(all),
      this.#tools(all),
      h("div", { class: "heads", "aria-hidden": "true" },
        h("span", {}, t("common.table")), h("span", {}, t("desk.head.state")), h("span", { class: "left" }, t("common.player", { player: 1 })),
        h("span", { class: "right" }, t("common.player", { player: 2 })), h("span", {}, t("desk.head.round")), h("span", {}, t("desk.head.here")), h("span")),
      shown.length === 0
        ? h("p", { class: "empty quiet" }, this.#nothing(all))
        : h("div", { class: "lines", role: "list" }, shown.map((row) =>
            h("gs-desk-row", { key: row.key, "data-key": row.key, role: "listitem", ".desk": desk, ".model": this.#model(row) }))),
    ];
  }

  #nothing(all) {
    if (!this.desk.client.lobby.complete) return t("common.loading");
    return all.length ? t("desk.nothingFound") : t("desk.noTables");
  }

  /** The same model as before, as long as it would be drawn the same. */
  #model(row) {
    const { desk } = this;
    const now = desk.client.now();
    const id = row.game?.game_id;
    const live = desk.venue.status === "live";
    const open = desk.opened === row.key;
    const busy = [`take:${id}`, `resume:${id}`].filter((key) => desk.doing.has(key)).join();
    const sign = signature(row, now, { open, live, busy });
    const before = this.#models.get(row.key);
    if (before?.sign === sign) return before;
    const model = { sign, row, now, live, open };
    this.#models.set(row.key, model);
    return model;
  }

  #found(row) {
    const words = this.search.trim().toLowerCase();
    if (!words) return true;
    const one = personOf(row, 1);
    const two = personOf(row, 2);
    const name = nameOfRow(row).toLowerCase();
    if (/^\d+$/.test(words)) return (name.match(/\d+/g) ?? []).includes(words);
    return [name, one.name, two.name, one.faction, two.faction].some((text) => text.toLowerCase().includes(words));
  }

  /** The first row that the search finds. */
  get first() {
    return this.desk.rows.find((row) => FILTERS[this.filter](row) && this.#found(row));
  }

  #tools(all) {
    const { desk } = this;
    const events = desk.venue.state.events.filter((event) => !event.closed);
    return h("div", { class: "tools" },
      h("h2", { class: "visually-hidden" }, t("desk.tab.tables")),
      h("input", {
        type: "search", class: "search", value: this.search, placeholder: t("desk.search"), "aria-label": t("desk.search"), "aria-keyshortcuts": "t",
        ref: (element) => element && (this.input = element),
        oninput: (event) => {
          this.search = event.target.value;
          desk.changed();
        },
        onkeydown: (event) => {
          const { first } = this;
          if (event.key === "Enter" && first) desk.open(first.key);
        },
      }),
      h("div", { class: "chips", role: "group", "aria-label": t("desk.filter.label") },
        Object.entries(FILTERS).map(([name, fits]) => {
          const n = all.filter(fits).length;
          return (n > 0 || name === "all" || name === "trouble" || name === this.filter) && h("button", {
            key: name, class: `chip ${name === "trouble" && n ? "warn" : ""}`, "aria-pressed": String(this.filter === name),
            onclick: () => {
              this.filter = name;
              desk.changed();
            },
          }, t(`desk.filter.${name}`), h("span", { class: "number" }, ` ${n}`));
        })),
      events.length > 1 && choice([["", t("desk.allEvents")], ...events.map((event) => [event.id, event.name])], this.event, (id) => {
        this.event = id;
        desk.changed();
      }, { class: "event", "aria-label": t("desk.tab.event") }));
  }

  #calls(all) {
    const { desk } = this;
    const calls = callsOf(all);
    if (!calls.length) return null;
    const now = desk.client.now();
    return h("section", { class: "calls", "aria-labelledby": "calls" },
      h("h2", { id: "calls" }, t("desk.calls", { n: calls.length })),
      h("ul", { class: "plain" }, calls.map((row) => this.#call(row, now))));
  }

  #call(row, now) {
    const { desk } = this;
    const { game } = row;
    const { judge } = game;
    const taken = Boolean(judge.taken_by || judge.taken_at_ms);
    const name = nameOfRow(row) || t("desk.noTable");
    const time = now === null ? "" : lengthText(now - judge.at_ms);
    const mine = judge.taken_by && judge.taken_by === desk.me?.name;
    return h("li", { class: `call ${taken ? "taken" : ""}`, key: game.game_id },
      h("div", { class: "grow" },
        h("h3", {}, h("button", { class: "plain", onclick: () => desk.open(row.key) }, name),
          h("span", { class: "since number" }, t("match.judgeCalled", { time }))),
        h("p", { class: "names" }, [1, 2].map((p) => personOf(row, p).name || t("common.player", { player: p })).join(" – ")),
        h("p", { class: "note" }, [t("desk.calledBy", { name: callerWords(game) }), judge.note && `“${judge.note}”`].filter(Boolean).join(": ")),
        taken && h("p", { class: "coming" }, mine ? t("desk.youComing") : t("match.judgeComing", { name: judge.taken_by || t("desk.aJudge") }))),
      h("div", { class: "row" },
        !taken && doButton(desk, `take:${game.game_id}`, t("desk.going"), () => desk.hands.send(game.game_id, "judge_call", { op: "take" }), { className: "main big" }),
        h("button", { class: taken ? "main" : "", onclick: () => desk.closeCall(row) }, t("desk.closeCall"))));
  }
}
