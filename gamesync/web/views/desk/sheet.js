/** `<gs-desk-sheet>`: one table, all that an official may do there, each thing one tap away. */

import { h, View } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { refusal, t } from "../../lib/i18n.js";
import { cell, mark, nameOf } from "../../lib/match.js";
import "../../parts/clock.js";
import { history } from "./history.js";
import { icon } from "./icons.js";
import { exportsPart, placePart, seatsPart } from "./places.js";
import { resultPart } from "./result.js";
import { nameOfRow } from "./rows.js";
import { scoresPart } from "./scores.js";
import { timePart } from "./time.js";
import { doButton } from "./ui.js";
import { byWords, categoryName, kindTag, turnWords } from "./words.js";

class Sheet extends View {
  desk = null;
  /** The game's Stream while there is one. */
  game = null;
  /** Why: goes with everything that is done here. */
  reason = t("desk.reason.ruling");
  /** What history shows; see history.js. */
  past = { entries: null, next: null, open: false };
  #row = null;
  #heard = () => this.update();

  get row() {
    return this.#row;
  }

  set row(row) {
    const before = this.#row;
    this.#row = row;
    if (before?.key !== row.key) {
      this.reason = t("desk.reason.ruling");
      this.scrollTop = 0;
    }
    if (before?.game?.game_id !== row.game?.game_id) this.#take();
    this.update();
  }

  connected() {
    this.#take();
    this.every(1_000);
    setTimeout(() => this.querySelector("h2")?.focus({ preventScroll: true }));
  }

  gone() {
    this.#let();
  }

  #take() {
    const id = this.#row?.game?.game_id;
    if (this.game?.id === id || !this.isConnected) return;
    this.#let();
    this.past = { entries: null, next: null, open: false };
    if (!id) return;
    this.game = this.desk.hands.hold(id);
    this.game.addEventListener("change", this.#heard);
    this.game.addEventListener("presence", this.#heard);
  }

  #let() {
    if (!this.game) return;
    this.game.removeEventListener("change", this.#heard);
    this.game.removeEventListener("presence", this.#heard);
    this.desk.hands.release(this.game.id);
    this.game = null;
  }

  /** A button that sends one command to the game, with the reason where it takes one. */
  command(key, label, type, data, { said = "", className = "", reason = false, ...props } = {}) {
    const make = () => this.game.send(type, reason ? { ...data, reason: this.reason } : data);
    return doButton(this.desk, `${this.game.id}:${key}`, label, make, { said: said || t("desk.said.done", { what: label }), className, ...props });
  }

  template() {
    const { row, game, desk } = this;
    const name = nameOfRow(row) || t("desk.noTable");
    const state = game?.state;
    return h("section", { class: "sheet", "aria-labelledby": "sheet-title" },
      h("header", { class: "row apart" },
        h("h2", { id: "sheet-title", tabindex: "-1" }, name),
        kindTag(row, desk.client.now()),
        h("button", { class: "close plain", "aria-label": t("common.close"), onclick: () => desk.close() }, "✕")),
      row.event && h("p", { class: "quiet small" }, `${row.event.name} · ${t("desk.round.n", { n: row.event.rounds.length })}`),
      game?.refusal && h("p", { class: "notice bad" }, refusal(game.refusal)),
      state ? this.#match(state) : game && !game.refusal ? h("p", {}, t("common.loading")) : h("p", { class: "quiet" }, t("desk.sheet.noGame")),
      placePart(this),
      state && [history(this), exportsPart(this)]);
  }

  #match(state) {
    return [
      this.#call(state),
      this.#dispute(state),
      this.#contested(state),
      this.#players(state),
      h("label", { class: "field reason" }, h("span", {}, t("desk.reason.label")),
        h("input", { value: this.reason, maxlength: 200, list: "desk-reasons", oninput: (event) => (this.reason = event.target.value) })),
      h("datalist", { id: "desk-reasons" }, ["ruling", "time", "score", "device"].map((each) => h("option", { value: t(`desk.reason.${each}`) }))),
      timePart(this, state),
      scoresPart(this, state),
      resultPart(this, state),
      seatsPart(this, state),
    ];
  }

  #players(state) {
    const { game } = this;
    const live = game.status === "live";
    const clocked = state.clock.mode !== "none";
    return h("div", { class: "players" },
      [1, 2].map((player) => {
        const { faction } = state.players[player - 1];
        const { score, cp } = state.scores.players[player - 1];
        const runs = state.clock.running && state.clock.side === player;
        return h("div", { class: `p${player} player` },
          h("p", { class: "who" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player)),
          h("p", { class: "small quiet" }, faction || "\u00a0"),
          h("p", { class: "big number" }, String(score), state.ruleset.cp && h("span", { class: "small quiet" }, ` ${cp} ${t("common.cp")}`)),
          clocked && h("p", { class: "clock" }, runs && icon("play"),
            h("gs-clock", { ".source": { ms: () => game.clock(player), clock: state.clock, player, live } })),
          h("p", { class: "small" }, state.clock.flagged[player - 1] !== null ? [icon("alarm"), ` ${t("match.flagged")}`] : runs ? t("desk.clockRuns") : "\u00a0"));
      }),
      h("p", { class: "turn quiet small" }, [turnWords(this.row.game), t(`match.status.${state.status}`)].filter(Boolean).join(" · ")));
  }

  #call(state) {
    const { judge } = state;
    if (!judge) return null;
    const now = this.desk.client.now();
    const time = now === null ? "" : lengthText(now - judge.at_ms);
    const taken = judge.taken_by;
    return h("div", { class: "notice bad" },
      h("p", { class: "grow" }, h("strong", {}, icon("flag"), ` ${t("match.judgeCalled", { time })}`), ` ${byWords(judge.by, state)}`,
        judge.note && h("span", { class: "note" }, ` “${judge.note}”`), taken && h("span", {}, ` ${t("match.judgeComing", { name: taken.name || t("desk.aJudge") })}`)),
      h("div", { class: "row" },
        !taken && this.command("take", t("desk.going"), "judge_call", { op: "take" }, { className: "main" }),
        h("button", { onclick: () => this.desk.closeCall(this.row) }, t("desk.closeCall"))));
  }

  #dispute(state) {
    const { dispute } = state;
    if (!dispute) {
      const open = ["playing", "ended", "signed"].includes(state.status);
      return state.scores.frozen && open ? h("p", { class: "notice" }, t("match.frozen")) : null;
    }
    const about = dispute.category ? cell(state, dispute.player, dispute.category, dispute.round) : null;
    return h("div", { class: "notice bad" },
      h("p", { class: "grow" }, h("strong", {}, icon("unequal"), ` ${t("match.disputed")}: `), `“${dispute.text}” `, byWords(dispute.by, state),
        dispute.category && h("span", {}, ` · ${nameOf(state, dispute.player)}, ${categoryName(state, dispute.category)}, ${t("common.round", { round: dispute.round })}: ${about?.value ?? "–"}`)),
      doButton(this.desk, `${this.game.id}:dispute`, t("desk.sheet.disputeClose"), () => this.game.send("dispute", { op: "close", note: this.reason }), {
        said: t("desk.said.disputeClosed"),
      }));
  }

  /** What the table's own device says was pressed while it was cut off, against what stands. */
  #contested(state) {
    if (!state.contested?.length && !state.clock.paused.includes("contested")) return null;
    const now = this.desk.client.now();
    const presses = state.contested.map((press) => h("li", {},
      t(`desk.press.${press.kind}`, { name: nameOf(state, press.player) }), now !== null && ` – ${t("common.ago", { time: lengthText(now - press.pressed_at) })}`));
    return h("div", { class: "notice bad contested" },
      h("div", { class: "grow" }, h("strong", {}, icon("versions"), ` ${t("desk.kind.contested")}`), h("p", { class: "small" }, t("desk.sheet.contested")), h("ul", {}, presses)),
      this.command("contested", t("desk.sheet.contestedKeep"), "timer_update", { op: "resume", why: "contested" }, { said: t("desk.said.contested") }));
  }
}

customElements.define("gs-desk-sheet", Sheet);
