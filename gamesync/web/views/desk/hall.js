/** The tab "Hall": tables, displays, announcements, officials, what holds for the whole venue. */

import { about, link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { ask, confirm } from "../../parts/dialog.js";
import { tablesFrom } from "./csv.js";
import { importDialog } from "./imports.js";
import { natural, STUCK_MIN } from "./rows.js";
import { announcements, displays } from "./screens.js";
import { act, choice, doButton, form, labelled, showWays } from "./ui.js";

export class HallTab {
  #box = null;

  constructor(desk) {
    this.desk = desk;
  }

  template() {
    const { desk } = this;
    if (!this.#box) {
      this.#box = {};
      about().then((box) => {
        this.#box = box;
        desk.changed();
      }, () => (this.#box = null));
    }
    return [
      h("h2", { class: "visually-hidden" }, t("desk.tab.hall")),
      h("div", { class: "halves" },
        this.#tables(),
        h("div", { class: "many" }, announcements(desk), displays(desk), desk.organiser && [this.#officials(), this.#settings(), desk.box.template()], this.#rulesets(), this.#trust())),
    ];
  }

  #tables() {
    const { desk } = this;
    const tables = [...desk.venue.state.tables].sort((a, b) => natural(a.name, b.name));
    return h("section", { class: "panel", "aria-labelledby": "hall-tables" },
      h("h2", { id: "hall-tables" }, t("desk.hall.tables", { n: tables.length })),
      h("div", { class: "row" },
        desk.organiser && [
          h("button", { onclick: () => this.#add(tables) }, t("desk.hall.addTables")),
          h("button", { onclick: () => this.#import(tables) }, t("desk.import.tables")),
        ],
        tables.length > 0 && h("a", { class: "button", target: "_blank", href: link({ view: "cards" }, { v: desk.v }) }, t("desk.hall.cards"))),
      h("ul", { class: "plain list short" }, tables.map((table) => this.#table(table))));
  }

  #table(table) {
    const { desk } = this;
    const label = (text) => [text, h("span", { class: "visually-hidden" }, `: ${table.name}`)];
    const ways = async () => {
      const { detail } = await desk.venue.send("table", { op: "invite", table: table.id });
      return [{ title: table.name, link: detail.link, codes: [detail.code], hint: t("desk.ways.table") }];
    };
    return h("li", { class: "row apart", key: table.id },
      h("div", { class: "grow" }, h("p", {}, table.name), h("p", { class: "small quiet" }, table.devices.length ? t("desk.hall.paired", { n: table.devices.length }) : t("desk.hall.unpaired"))),
      h("div", { class: "row" },
        h("button", { onclick: () => showWays(table.name, ways()) }, label("QR")),
        h("button", {
          onclick: async () => {
            const name = await ask(t("desk.rename"), { label: t("desk.name"), value: table.name, maxlength: 40, required: true });
            if (name) act(desk, `table:${table.id}`, () => desk.venue.send("table", { op: "rename", table: table.id, name }));
          },
        }, label(t("desk.rename"))),
        desk.organiser && table.devices.length > 0 && h("button", {
          onclick: async () => {
            const yes = await confirm(t("desk.hall.unpairAsk", { name: table.name }), { text: t("desk.hall.unpairText"), yes: t("desk.hall.unpair"), danger: true });
            if (yes) act(desk, `table:${table.id}`, () => desk.venue.send("table", { op: "unpair", table: table.id, renew: true }), t("desk.hall.wasUnpaired", { name: table.name }));
          },
        }, label(t("desk.hall.unpair"))),
        desk.organiser && h("button", {
          class: "danger",
          onclick: async () => {
            const yes = await confirm(t("desk.hall.removeAsk", { name: table.name }), { yes: t("desk.remove"), danger: true });
            if (yes) act(desk, `table:${table.id}`, () => desk.venue.send("table", { op: "remove", table: table.id }));
          },
        }, label(t("desk.remove")))));
  }

  /** "Table 1" to "Table 16" in one go. */
  async #add(tables) {
    const { desk } = this;
    const last = Math.max(0, ...tables.map((table) => Number(/(\d+)\D*$/.exec(table.name)?.[1] ?? 0)));
    const answer = await form(t("desk.hall.addTables"), () => [
      labelled(t("desk.hall.prefix"), h("input", { name: "prefix", maxlength: 34, value: t("common.table"), required: true })),
      h("div", { class: "row" },
        labelled(t("desk.hall.from"), h("input", { name: "from", type: "number", min: 0, max: 9999, value: String(last + 1), required: true }), "grow"),
        labelled(t("desk.hall.howMany"), h("input", { name: "count", type: "number", min: 1, max: 250, value: "8", required: true }), "grow")),
    ]);
    if (!answer) return;
    const names = Array.from({ length: Number(answer.count) }, (_, i) => `${answer.prefix.trim()} ${Number(answer.from) + i}`);
    this.#make(names);
  }

  async #import(tables) {
    const found = await importDialog("tables", (text) => tablesFrom(text, tables.map((table) => table.name)), (row) => row.name);
    if (found) this.#make(found.rows.map((row) => row.name));
  }

  #make(names) {
    const { desk } = this;
    act(desk, "import", () => desk.venue.send("table", { op: "import", names }), ({ detail }) => t("desk.hall.added", { n: detail?.added ?? 0 }));
  }

  #officials() {
    const { desk } = this;
    const all = desk.venue.state.officials.filter((each) => !each.revoked);
    const wayOf = async (id) => {
      const { detail } = await desk.venue.send("official", { op: "invite", official: id });
      return [{ title: all.find((each) => each.id === id)?.name ?? "", link: detail.link, hint: t("desk.ways.official") }];
    };
    const add = async () => {
      const answer = await form(t("desk.hall.newOfficial"), () => [
        labelled(t("desk.name"), h("input", { name: "name", maxlength: 40, required: true, autocomplete: "off" })),
        labelled(t("desk.hall.as"), choice(["judge", "organiser"].map((role) => [role, t(`desk.role.${role}`)]), "judge", null, { name: "role" })),
      ]);
      if (!answer) return;
      const made = await act(desk, "official", () => desk.venue.send("official", { op: "new", ...answer }));
      if (made) showWays(answer.name, Promise.resolve([{ title: t(`desk.role.${answer.role}`), link: made.detail.link, hint: t("desk.ways.official") }]));
    };
    return h("section", { class: "panel", "aria-labelledby": "hall-officials" },
      h("div", { class: "row apart" }, h("h2", { id: "hall-officials" }, t("desk.hall.officials")), h("button", { onclick: add }, t("desk.hall.newOfficial"))),
      h("ul", { class: "plain list" }, all.map((each) => h("li", { class: "row apart", key: each.id },
        h("div", { class: "grow" }, h("p", {}, each.name || t(`desk.role.${each.role}`)), h("p", { class: "small quiet" }, `${t(`desk.role.${each.role}`)} · ${each.devices.length ? t("desk.hall.onDevices", { n: each.devices.length }) : t("desk.hall.notYet")}`)),
        h("div", { class: "row" },
          h("button", { onclick: () => showWays(each.name, wayOf(each.id)) }, "QR", h("span", { class: "visually-hidden" }, `: ${each.name}`)),
          h("button", {
            onclick: async () => {
              const name = await ask(t("desk.rename"), { label: t("desk.name"), value: each.name, maxlength: 40, required: true });
              if (name) act(desk, `off:${each.id}`, () => desk.venue.send("official", { op: "rename", official: each.id, name }));
            },
          }, t("desk.rename"), h("span", { class: "visually-hidden" }, `: ${each.name}`)),
          each.id !== desk.me?.id && h("button", {
            class: "danger",
            onclick: async () => {
              const yes = await confirm(t("desk.hall.revokeAsk", { name: each.name }), { text: t("desk.hall.revokeText"), yes: t("desk.revoke"), danger: true });
              if (yes) act(desk, `off:${each.id}`, () => desk.venue.send("official", { op: "revoke", official: each.id }), t("desk.said.revoked", { name: each.name }));
            },
          }, t("desk.revoke"), h("span", { class: "visually-hidden" }, `: ${each.name}`)))))));
  }

  #settings() {
    const { desk } = this;
    const { settings } = desk.venue.state;
    const set = (key, value) => act(desk, `set:${key}`, () => desk.venue.send("settings_update", { key, value }), t("desk.settings.saved"));
    const pick = (key, values) => labelled(t(`desk.settings.${key}`), choice(values.map((value) => [value, t(`desk.settings.value.${value}`)]), settings[key] ?? values[0], (value) => set(key, value)));
    const text = (key, props = {}) => labelled(t(`desk.settings.${key}`), h("input", { value: String(settings[key] ?? ""), maxlength: 40, onchange: (event) => set(key, event.target.value), ...props }));
    return h("section", { class: "panel", "aria-labelledby": "hall-settings" },
      h("h2", { id: "hall-settings" }, t("desk.hall.settings")),
      text("venue_name"),
      pick("hosting", ["open", "organiser"]),
      pick("join", ["open", "link"]),
      pick("visibility", ["listed", "link"]),
      pick("profile", ["club", "event"]),
      (this.#box?.rulesets?.length ?? 0) > 0 && labelled(t("desk.settings.ruleset"), choice([["", t("desk.settings.noRuleset")], ...this.#box.rulesets.map((each) => [each.id, `${each.name}, ${each.edition}`])], settings.ruleset ?? "", (value) => set("ruleset", value))),
      labelled(t("desk.settings.round_end"), choice(["announce", "no_new_turn", "pause"].map((end) => [end, t(`desk.roundEnd.${end}`)]), settings.round_end ?? "announce", (value) => set("round_end", value))),
      labelled(t("desk.settings.stuck"), h("input", { type: "number", min: 1, max: 600, value: String(settings["x.desk.stuck_min"] ?? STUCK_MIN), onchange: (event) => Number(event.target.value) >= 1 && set("x.desk.stuck_min", Math.round(Number(event.target.value))) })));
  }

  /** How devices come to trust a box that vouches for itself. */
  #trust() {
    const ca = this.#box?.ca;
    if (!ca) return null;
    const ways = [{ title: t("desk.hall.trust"), link: ca.address, hint: t("desk.hall.trustHint") }];
    return h("section", { class: "panel", "aria-labelledby": "hall-trust" },
      h("div", { class: "row apart" }, h("h2", { id: "hall-trust" }, t("desk.hall.trust")), h("button", { onclick: () => showWays(t("desk.hall.trust"), Promise.resolve(ways)) }, "QR", h("span", { class: "visually-hidden" }, `: ${t("desk.hall.trust")}`))),
      h("p", { class: "small quiet" }, t("desk.hall.fingerprint")),
      h("p", { class: "small" }, h("code", {}, ca.fingerprint)));
  }

  #rulesets() {
    const rulesets = this.#box?.rulesets ?? [];
    return h("section", { class: "panel", "aria-labelledby": "hall-rules" },
      h("h2", { id: "hall-rules" }, t("desk.hall.rulesets")),
      h("ul", { class: "plain list" }, rulesets.map((each) => h("li", { key: each.id },
        h("p", {}, each.name), h("p", { class: "small quiet" }, [each.edition, each.rounds ? t("desk.hall.rounds", { n: each.rounds }) : ""].filter(Boolean).join(" · "))))));
  }
}
