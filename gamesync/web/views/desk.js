/** `<gs-desk>`: the organiser's desk; for judges the same page with what a judge may do. */

import { fragment, link, setFragment } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { connect } from "../lib/session.js";
import "../parts/status.js";
import { Board } from "./desk/board.js";
import { BoxPanel } from "./desk/box.js";
import { clockBar, powerBanner } from "./desk/clockbar.js";
import { EventTab } from "./desk/event.js";
import { HallTab } from "./desk/hall.js";
import { Hands } from "./desk/hands.js";
import { MorningTab } from "./desk/morning.js";
import { callsOf, nameOfRow } from "./desk/rows.js";
import "./desk/sheet.js";
import { act, form, labelled } from "./desk/ui.js";
import { announceDialog } from "./desk/screens.js";

const TABS = ["tables", "morning", "event", "hall"];

class Desk extends View {
  /** Keys of what is being done now. */
  doing = new Set();
  /** While games are made: `{done, of}`. */
  progress = null;
  /** Key of the row whose sheet is open. */
  opened = null;
  rows = [];
  #scrolled = 0;
  #waiting = 0;

  connected() {
    const { v = "", t: tab } = fragment();
    const slot = `venue/${v}`;
    this.v = v;
    this.tab = TABS.includes(tab) ? tab : "tables";
    this.client = connect(slot);
    this.venue = this.client.join({ game_id: "venue" });
    this.client.lobby.watch();
    this.hands = new Hands(slot);
    this.box = new BoxPanel(this);
    this.tabs = { tables: new Board(this), morning: new MorningTab(this), event: new EventTab(this), hall: new HallTab(this) };
    this.listen(this.venue, "change");
    this.listen(this.client.lobby, "change");
    this.listen(this.client, "status outbox");
    this.listen(document, "keydown", (event) => this.#key(event));
    this.every(1_000);
    document.title = t("desk.title");
  }

  gone() {
    this.hands.stop();
  }

  get organiser() {
    return this.venue.may("organiser");
  }

  /** The official whose desk it is. */
  get me() {
    return this.venue.state?.officials?.find((each) => this.v === `official:${each.id}`) ?? null;
  }

  changed() {
    this.update();
    this.sheet?.update();
  }

  show(tab) {
    this.tab = tab;
    this.opened = null;
    setFragment({ v: this.v, t: tab === "tables" ? "" : tab });
    this.update();
    scrollTo(0, 0);
  }

  /** Open a table's sheet; again: close it. */
  open(key) {
    if (this.opened === key) return this.close();
    this.#scrolled = this.opened === null ? scrollY : this.#scrolled;
    this.opened = key;
    this.draw();
    // On a phone it stands in the place of the rows.
    if (matchMedia("(max-width: 56rem)").matches) this.sheet?.scrollIntoView();
  }

  close() {
    const key = this.opened;
    this.opened = null;
    this.draw();
    if (matchMedia("(max-width: 56rem)").matches) scrollTo(0, this.#scrolled);
    this.querySelector(`gs-desk-row[data-key="${CSS.escape(key ?? "")}"] .name`)?.focus({ preventScroll: true });
  }

  /** Settled: with a note for the log. */
  async closeCall(row) {
    const name = nameOfRow(row) || t("desk.noTable");
    const answer = await form(t("desk.closeCallAsk", { name }), () =>
      labelled(t("desk.note"), h("input", { name: "note", maxlength: 200, autocomplete: "off" })), { yes: t("desk.closeCall") });
    if (!answer) return;
    await act(this, `close:${row.game.game_id}`, () => this.hands.send(row.game.game_id, "judge_call", { op: "close", note: answer.note }), t("desk.callClosed", { name }));
  }

  draw() {
    const focused = document.activeElement;
    const within = focused && this.contains(focused);
    super.draw();
    // Rows that change their place lose what was in focus.
    if (within && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  template() {
    const { client, venue } = this;
    const status = h("gs-status", { ".client": client, ".stream": venue });
    const sentOut = client.away === 4403;
    if (venue.refusal || sentOut) return [status, this.#shut(t("desk.shut"))];
    if (!venue.state) return [status, h("main", { class: "page" }, h("h1", {}, t("desk.title")), h("p", {}, t("common.loading")))];
    if (!venue.may("organiser", "judge")) return [status, this.#shut(t("desk.shut"))];
    this.box.look(this.tab === "hall");
    this.rows = this.tabs.tables.rows;
    const calls = callsOf(this.rows);
    const waiting = calls.filter((row) => !row.game.judge.taken_by && !row.game.judge.taken_at_ms).length;
    if (waiting > this.#waiting && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([150, 80, 150]);
    this.#waiting = waiting;
    const name = venue.state.settings.venue_name || t("desk.title");
    document.title = `${waiting ? `(${waiting}) ` : ""}${t("desk.title")} – ${venue.state.settings.venue_name || "gamesync"}`;
    const open = this.opened === null ? null : this.rows.find((row) => row.key === this.opened);
    return [
      status,
      h("header", { class: "top" },
        h("div", { class: "title" },
          h("h1", {}, name),
          h("p", { class: "quiet small" }, [...new Set([t(`desk.role.${this.organiser ? "organiser" : "judge"}`), this.me?.name])].filter(Boolean).join(": "))),
        clockBar(this),
        h("button", { class: "announce", onclick: () => announceDialog(this) }, t("desk.announce.title"))),
      h("nav", { class: "tabs", "aria-label": t("desk.tabs") }, TABS.map((tab) =>
        h("button", { key: tab, "aria-current": this.tab === tab ? "page" : null, onclick: () => this.show(tab) }, t(`desk.tab.${tab}`),
          tab === "tables" && waiting > 0 && h("span", { class: "badge", "aria-label": t("desk.calls", { n: waiting }) }, String(waiting)),
          tab === "hall" && this.box.troubles > 0 && h("span", { class: "badge", "aria-label": t("desk.box.troubles", { n: this.box.troubles }) }, "!")))),
      h("main", { class: `body ${open ? "with-sheet" : ""}`, "data-live": String(venue.status === "live") },
        h("div", { class: `view ${this.tab}` }, powerBanner(this), this.tabs[this.tab].template()),
        open && h("gs-desk-sheet", { key: "sheet", ".desk": this, ".row": open, ref: (element) => (this.sheet = element) })),
    ];
  }

  #shut(words) {
    return h("main", { class: "page" }, h("h1", {}, t("desk.title")), h("p", {}, words), h("a", { class: "button", href: link() }, t("enter.lobby")));
  }

  /** `T` (or `/`) finds a table by its number, Escape closes its sheet. */
  #key(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.opened !== null) return void this.close();
    const typing = event.target.closest?.("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "t" && event.key !== "T" && event.key !== "/") return;
    event.preventDefault();
    if (this.tab !== "tables") this.show("tables");
    this.draw();
    this.tabs.tables.input?.focus();
    this.tabs.tables.input?.select();
  }
}

customElements.define("gs-desk", Desk);
