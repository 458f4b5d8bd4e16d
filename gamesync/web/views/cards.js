/**
 * `<gs-cards>`: cards to print, two to a page: for tables (what players scan), for tablets (what makes
 * a device the table's own) and for players (each one's own link for the whole event).
 */

import { about, fragment, link, outside, query } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { spaced } from "../lib/format.js";
import { refusal, t } from "../lib/i18n.js";
import { connect } from "../lib/session.js";
import "../parts/qr.js";
import "../parts/status.js";
import { currentEvent, natural } from "./desk/rows.js";

const KINDS = ["tables", "tablets", "people"];

class Cards extends View {
  #ways = new Map();
  #failed = null;

  connected() {
    const { v = "" } = fragment();
    this.v = v;
    this.kind = KINDS.includes(query.get("kind")) ? query.get("kind") : "tables";
    this.event = query.get("event") ?? "";
    this.box = null;
    this.client = connect(`venue/${v}`);
    this.venue = this.client.join({ game_id: "venue" });
    this.listen(this.venue, "change");
    this.listen(this, "drawn");
    document.title = t("cards.title");
    this.#ask();
  }

  async #ask() {
    try {
      this.box = await about();
    } catch {
      setTimeout(() => this.isConnected && this.#ask(), 2_000);
    }
    this.update();
  }

  get #event() {
    return currentEvent(this.venue.state, this.event);
  }

  /** A personal link, and where there is one the code to be typed in its place; asked for once. */
  #way(key, type, data) {
    if (!this.#ways.has(key)) {
      this.#ways.set(key, { link: "" });
      this.venue.send(type, data).then(
        ({ detail }) => {
          this.#ways.set(key, { link: new URL(outside(this.box)).href + detail.link, code: detail.code });
          this.update();
        },
        (error) => {
          this.#failed = error;
          this.update();
        },
      );
    }
    return this.#ways.get(key);
  }

  template() {
    const { venue, client } = this;
    const status = h("gs-status", { ".client": client, ".stream": venue });
    if (venue.state && !venue.may("organiser", "judge")) {
      return [status, h("main", { class: "page" }, h("h1", {}, t("cards.title")), h("p", {}, t("desk.shut")), h("a", { class: "button", href: link() }, t("enter.lobby")))];
    }
    if (!venue.state || !this.box) return [status, h("main", { class: "page" }, h("h1", {}, t("cards.title")), h("p", {}, t("common.loading")))];
    const cards = this.kind === "people" ? this.#people() : this.#tables();
    const ready = !cards.some((card) => card.link === "") && !this.querySelector("gs-qr:not([data-drawn])");
    return [
      status,
      h("main", {},
        h("div", { class: "bar" },
          h("h1", {}, t("cards.title")),
          h("label", { class: "field" }, h("span", {}, t("cards.kind")),
            h("select", { value: this.kind, onchange: (event) => {
              this.kind = event.target.value;
              this.update();
            } }, KINDS.map((kind) => h("option", { value: kind, selected: kind === this.kind }, t(`cards.of.${kind}`))))),
          h("button", { class: "main", disabled: !ready || cards.length === 0, onclick: () => print() }, t("cards.print")),
          h("a", { class: "button", href: link({}, { v: this.v }) }, t("cards.desk")),
          h("p", { class: "small quiet" }, t(`cards.hint.${this.kind}`)),
          this.#failed && h("p", { class: "notice bad", role: "alert" }, refusal(this.#failed))),
        cards.length === 0
          ? h("p", { class: "empty" }, t("cards.none"))
          : h("ul", { class: "plain sheet" }, cards.map((card) => this.#card(card)))),
    ];
  }

  #tables() {
    const tables = [...this.venue.state.tables].sort((a, b) => natural(a.name, b.name));
    const root = new URL(outside(this.box)).href;
    return tables.map((table) => ({
      key: `${this.kind}:${table.id}`,
      title: table.name,
      under: "",
      ...(this.kind === "tables" ? { link: `${root}?table=${encodeURIComponent(table.id)}` } : this.#way(`tablet:${table.id}`, "table", { op: "invite", table: table.id })),
      does: t(this.kind === "tables" ? "cards.play" : "cards.tablet"),
    }));
  }

  #people() {
    const event = this.#event;
    if (!event || event.closed) return [];
    return [...event.participants].filter((person) => !person.dropped).sort((a, b) => natural(a.name, b.name)).map((person) => ({
      key: person.id,
      title: person.name,
      under: [event.name, person.faction].filter(Boolean).join(" · "),
      ...this.#way(`person:${event.id}/${person.id}`, "event", { op: "invite_participant", event: event.id, participant: person.id }),
      does: t("cards.own"),
    }));
  }

  #card({ key, title, under, link: address, code, does }) {
    const { box } = this;
    const { wifi } = box;
    const number = /^(.*?)\s*(\d+)$/.exec(title);
    const big = this.kind !== "people" && number;
    return h("li", { class: "card", key },
      h("div", { class: "head" },
        h("p", { class: "venue" }, this.venue.state.settings.venue_name || box.name || "gamesync"),
        h("h2", { class: big ? "numbered" : [...title].length > 18 ? "long" : "" }, big ? [h("span", { class: "word" }, number[1]), " ", h("span", { class: "digits" }, number[2])] : title),
        under && h("p", { class: "under" }, under)),
      h("ol", { class: "plain codes" },
        wifi && h("li", {}, h("p", { class: "does" }, h("strong", {}, "1"), ` ${t("cards.wifi")}`),
          wifi.qr ? h("gs-qr", { ".text": wifi.qr, label: t("cards.wifi") }) : null,
          h("p", { class: "small" }, wifi.ssid)),
        h("li", {}, h("p", { class: "does" }, h("strong", {}, wifi ? "2" : ""), ` ${does}`),
          address ? h("gs-qr", { ".text": address, label: `${does}: ${title}` }) : h("p", {}, t("common.loading")),
          code && h("p", { class: "code" }, t("desk.ways.code", { code: spaced(code) })),
          this.kind === "tables" && h("p", { class: "small" }, new URL(outside(box)).host))),
      h("p", { class: "hint small" }, t(wifi ? "cards.mobileOff" : "cards.sameWifi")));
  }
}

customElements.define("gs-cards", Cards);
