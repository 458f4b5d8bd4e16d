/** `<gs-lobby>`: the games that are on, a new one, the way into one by its code, the venue's QR. */

import { about, link, outside, query } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { LANGUAGES, language, setLanguage, t } from "../lib/i18n.js";
import { clockShown } from "../client/gamesync.js";
import { connect, offices, places } from "../lib/session.js";
import "../parts/clock.js";
import "../parts/qr.js";
import "../parts/status.js";
import { newGame } from "./lobby/new_game.js";

const IN_PLAY = new Set(["waiting", "setup", "ready", "playing"]);
const ORDER = ["playing", "ready", "setup", "waiting", "ended", "signed", "void"];

class Lobby extends View {
  connected() {
    document.title = t("lobby.title");
    this.client = connect("device");
    this.client.lobby.watch();
    this.listen(this.client, "status");
    this.listen(this.client.lobby, "change");
    // The card on a table leads here: `?table=<id>`.
    this.venue = query.has("table") ? this.client.join({ game_id: "venue" }) : null;
    if (this.venue) this.listen(this.venue, "change");
    this.box = null;
    this.#ask();
  }

  async #ask() {
    try {
      this.box = await about();
      document.title = this.box.name || t("lobby.title");
    } catch {
      setTimeout(() => this.isConnected && this.#ask(), 2_000);
    }
    this.update();
  }

  template() {
    return [
      h("gs-status", { ".client": this.client }),
      h("main", { class: "page" },
        h("header", { class: "row apart" },
          h("h1", {}, this.box?.name || t("lobby.title")),
          this.#language()),
        this.#table(),
        h("div", { class: "doors" }, this.#code(), this.#make(), this.#scan()),
        this.#mine(),
        this.#games()),
    ];
  }

  /** The table whose card was scanned: what is played there, and the ways to it. */
  #table() {
    const table = this.venue?.state?.tables.find(({ id }) => id === query.get("table"));
    if (!table) return null;
    const game = this.client.lobby.games.get(table.game);
    const over = !game || ["signed", "void"].includes(game.status);
    return h("section", { class: "stack" },
      h("h2", {}, table.name),
      over ? h("p", { class: "panel quiet" }, t("lobby.free"))
        : [h("ul", { class: "plain games" }, this.#game(game)), h("p", { class: "quiet" }, t("lobby.seatAtTable"))],
      offices().length > 0 && h("a", { class: "button", href: link({}, { v: offices()[0] }) }, t("lobby.desk")));
  }

  #language() {
    return h("label", { class: "language" },
      h("span", { class: "visually-hidden" }, t("common.language")),
      h("select", { value: language, onchange: (event) => setLanguage(event.target.value).then(() => this.draw()) },
        Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, key: tag }, name))));
  }

  #code() {
    const go = (event) => {
      event.preventDefault();
      const code = event.target.elements.code.value.trim();
      if (code) location.assign(link({ view: "enter" }, { c: code }));
    };
    return h("form", { class: "panel", onsubmit: go },
      h("h2", {}, t("lobby.join")),
      h("label", { class: "field" }, h("span", {}, t("lobby.code")),
        h("input", { name: "code", class: "code", autocomplete: "off", autocapitalize: "characters",
          spellcheck: "false", maxlength: 16, placeholder: "7KQ2 M4XP", required: true })),
      h("button", { class: "main" }, t("lobby.go")));
  }

  #make() {
    return h("section", { class: "panel" },
      h("h2", {}, t("lobby.newGame")),
      h("p", { class: "quiet" }, t("lobby.newGameAbout")),
      h("button", { class: "main", disabled: !this.box, onclick: () => newGame(this.client, this.box) }, t("lobby.make")),
      offices().length > 0 && h("a", { class: "button", href: link({}, { v: offices()[0] }) }, t("lobby.desk")));
  }

  #scan() {
    if (!this.box) return null;
    const address = outside(this.box).href;
    const { wifi } = this.box;
    return h("section", { class: "panel scan" },
      h("h2", {}, t("lobby.onYourPhone")),
      h("div", { class: "codes" },
        wifi?.qr && h("figure", {}, h("gs-qr", { ".text": wifi.qr, label: t("lobby.wifi") }),
          h("figcaption", {}, t("lobby.wifiNumbered"), h("br"), h("strong", {}, wifi.ssid))),
        h("figure", {}, h("gs-qr", { ".text": address, label: address }),
          h("figcaption", {}, t(wifi?.qr ? "lobby.playNumbered" : "lobby.scan"), h("br"), h("span", { class: "small" }, address)))));
  }

  #mine() {
    const held = places().filter(({ g }) => IN_PLAY.has(this.client.lobby.games.get(g)?.status));
    if (!held.length) return null;
    return h("section", { class: "stack" },
      h("h2", {}, t("lobby.yours")),
      h("ul", { class: "plain row" }, held.map(({ g, p }) => {
        const game = this.client.lobby.games.get(g);
        return h("li", { key: `${g}/${p}` },
          h("a", { class: "button main", href: link({}, { g, p }) }, t(`lobby.place.${p.replace(":", "")}`, {
            one: nameOf(game, 1), two: nameOf(game, 2) })));
      })));
  }

  #games() {
    const { games, complete } = this.client.lobby;
    const list = [...games.values()].sort((a, b) =>
      ORDER.indexOf(a.status) - ORDER.indexOf(b.status) ||
      a.table.localeCompare(b.table, language, { numeric: true }) || a.game_id.localeCompare(b.game_id));
    return h("section", { class: "stack" },
      h("div", { class: "row apart" }, h("h2", {}, t("lobby.games")),
        list.length > 0 && h("a", { href: link({ view: "board" }) }, t("lobby.wall"))),
      !list.length && h("p", { class: "panel quiet" }, complete ? t("lobby.none") : t("common.loading")),
      h("ul", { class: "plain games" }, list.map((game) => this.#game(game))));
  }

  #game(game) {
    const { game_id: id, status, round } = game;
    const over = status === "ended" || status === "signed";
    const where = [game.table, status === "playing" ? t("common.round", { round }) : t(`match.status.${status}`)];
    return h("li", { key: id },
      h("a", { class: "panel game", href: over ? link({ view: "report" }, { g: id }) : link({ view: "board" }, { g: id, p: "observer" }) },
        h("span", { class: "row apart quiet small" }, where.filter(Boolean).join(" · "),
          game.judge && h("span", { class: "tag warn" }, t("lobby.judge")),
          game.disputed && h("span", { class: "tag bad" }, t("match.disputed"))),
        [1, 2].map((player) => this.#side(game, player))));
  }

  #side(game, player) {
    const turn = game.status === "playing" && game.active_player === player;
    const won = game.result && game.result.winner === player;
    const faction = game[`faction${player}`] ?? game.factions?.[player - 1];
    return h("span", { class: `side p${player}`, key: player },
      h("span", { class: "seat-mark", "aria-hidden": "true" }, player === 1 ? "●" : "■"),
      h("span", { class: "grow name" }, nameOf(game, player),
        faction && h("span", { class: "quiet small" }, ` ${faction}`)),
      turn && h("span", { class: "tag" }, t("lobby.turn")),
      won && h("span", { class: "tag good" }, t("lobby.won")),
      game.clock && game.status === "playing" && game.clock.mode !== "none" && h("gs-clock", { ".source": {
        ms: () => clockShown(game.clock, player, this.client.now()), clock: game.clock, player, live: this.client.live } }),
      h("strong", { class: "number" }, String(game[`score${player}`])));
  }
}

const nameOf = (game, player) => game?.[`player${player}_name`] || t("common.player", { player });

customElements.define("gs-lobby", Lobby);
