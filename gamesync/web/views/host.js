/** `<gs-host>`: the table's own page, for venues without a table app: both players at one screen. */

import { about, fragment, link } from "../lib/address.js";
import { Awake } from "../lib/awake.js";
import { h, View } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { nameOf } from "../lib/match.js";
import { connect, enterGame } from "../lib/session.js";
import "../parts/clock.js";
import "../parts/qr.js";
import "../parts/status.js";
import { newGame } from "./lobby/new_game.js";
import { beforeScreen, readyScreen, setupScreen } from "./host/before.js";
import { endScreen } from "./host/end.js";
import { Ways } from "./host/places.js";
import { playScreen } from "./host/play.js";
import { Side } from "./host/side.js";
import { announcementCards, roundClock } from "./seat/hall.js";
import { cards, undoOffer } from "./seat/cards.js";
import { drawModal } from "./seat/modal.js";
import { Taps } from "./seat/taps.js";

const OFFER_MS = 8_000;
const TURNED = "gamesync:turned";

class Host extends View {
  game = null;
  /** At a table that belongs to the venue: its id. */
  table = null;
  box = null;
  modal = null;
  seen = new Set();
  turned = localStorageGet(TURNED) === "true";
  taps = new Taps(this);
  ways = new Ways(this);
  awake = new Awake();
  me = 0;
  #sides = [0, 1, 2].map((player) => new Side(this, player));
  #offer = null;

  connected() {
    const { v } = fragment();
    const options = { clientType: "host", name: t("host.device") };
    if (v) {
      this.table = v.split(":")[1];
      this.client = connect(`venue/${v}`, options);
      this.venue = this.client.join({ game_id: "venue" });
    } else {
      const { client, game } = enterGame(options);
      this.client = client;
      this.venue = client.join({ game_id: "venue" });
      this.#sit(game);
    }
    this.listen(this.client, "status outbox");
    this.listen(this.venue, "change", () => this.#venueChanged());
    this.every(1_000, () => this.#counts() && this.update());
    about().then((box) => { this.box = box; this.update(); }, () => {});
  }

  gone() {
    this.awake.stop();
  }

  /** The half of one player; 0: the table as such. */
  side(player) {
    const side = this.#sides[player];
    side.offer = this.#offer;
    return side;
  }

  open(modal) {
    this.modal = modal;
    this.update();
  }

  turn(turned) {
    this.turned = turned;
    localStorageSet(TURNED, String(turned));
    this.update();
  }

  get news() {
    return { list: [] };
  }

  get place() {
    return null;
  }

  #sit(game) {
    this.game = game;
    this.modal = null;
    this.listen(game, "change", ({ detail }) => game === this.game && this.#changed(detail));
    this.listen(game, "presence", () => game === this.game && this.update());
  }

  #venueChanged() {
    const table = this.table && this.venue.state?.tables.find(({ id }) => id === this.table);
    if (table?.game && table.game !== this.game?.id) {
      this.game?.leave();
      this.#sit(this.client.join({ game_id: table.game }));
    }
    this.update();
  }

  #changed(message) {
    const facts = message?.data.facts ?? [];
    if (facts.some(({ fact }) => fact === "undone")) this.#offer = null;
    else if (facts.some(({ fact }) => fact === "turn_ended") && this.game.synced) {
      this.#offer = { version: message.version, until: performance.now() + OFFER_MS };
      setTimeout(() => this.update(), OFFER_MS + 50);
    }
    this.update();
  }

  /** Whether something on the page is counted in words: how long a judge is called, a proposal stands. */
  #counts() {
    const { game, venue, client } = this;
    return game?.state?.judge || game?.state?.proposals.length || venue.state?.announcements.length || client.staleSince !== null;
  }

  /** Somebody who plays at this table wants a game, and there is none. */
  #create() {
    if (this.box) newGame(this.client, this.box, this.table && { table: this.table, name: this.#tableName() });
  }

  #tableName() {
    return this.venue.state?.tables.find(({ id }) => id === this.table)?.name ?? "";
  }

  template() {
    const { client, game, venue } = this;
    const state = game?.state;
    document.title = state ? `${nameOf(state, 1)} – ${nameOf(state, 2)}` : this.#tableName() || "gamesync";
    const stream = game ?? venue;
    return [
      h("gs-status", { key: `status-${stream.id}`, ".client": client, ".stream": stream }),
      h("main", { "data-screen": state && !game.refusal ? state.status : "idle" }, this.#head(), this.#screen()),
      drawModal(this),
      state && undoOffer(this.side(state.turn.active_player || 1)),
    ];
  }

  #head() {
    const state = this.game?.state;
    if (!state || this.game.refusal) return null;
    const { round } = state.turn;
    const { rounds, name } = state.ruleset;
    const playing = state.status === "playing";
    const words = playing && rounds ? t("seat.roundOf", { round, rounds }) : playing ? name : t(`match.status.${state.status}`);
    return h("header", { class: "head" }, h("h1", {}, words), state.table && h("span", { class: "quiet" }, state.table), roundClock(this));
  }

  #cards() {
    const { state } = this.game;
    // At the table both hear what one of them is asked; he who is asked answers.
    const [asked] = state.proposals;
    const side = this.side(asked ? 3 - asked.player : 1);
    const found = [...announcementCards(this), ...cards(side)].filter(Boolean);
    return found.length ? h("ul", { class: "plain cards", "aria-label": t("seat.cards") }, found) : null;
  }

  #screen() {
    const { game } = this;
    if (!game) return this.#idle();
    if (game.refusal) return this.#message(t("host.refused"));
    if (!game.state) return h("p", { class: "one-moment" }, t("common.loading"));
    if (!game.may("host", "judge", "organiser")) return this.#message(t("host.notHost"));
    switch (game.state.status) {
      case "waiting":
        return beforeScreen(this, this.#cards());
      case "setup":
        return setupScreen(this, this.#cards());
      case "ready":
        return readyScreen(this, this.#cards());
      case "playing":
        return playScreen(this, this.#cards());
      default:
        return endScreen(this, this.#cards());
    }
  }

  #idle() {
    if (!this.venue.state) return h("p", { class: "one-moment" }, t("common.loading"));
    return h("div", { class: "page" }, h("section", { class: "panel" },
      h("h1", {}, this.#tableName() || t("host.noTable")),
      h("p", {}, t("host.free")),
      h("button", { class: "main big", disabled: !this.box, onclick: () => this.#create() }, t("lobby.newGame"))));
  }

  #message(words) {
    return h("div", { class: "page" }, h("section", { class: "panel" }, h("h1", {}, words),
      h("a", { class: "button", href: link() }, t("enter.lobby"))));
  }
}

function localStorageGet(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function localStorageSet(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds as long as this page does.
  }
}

customElements.define("gs-host", Host);
