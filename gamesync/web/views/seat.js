/** `<gs-seat>`: one player's phone, from the scan to the signature. */

import { fragment, link, setFragment } from "../lib/address.js";
import { Awake } from "../lib/awake.js";
import { h, View } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { nameOf } from "../lib/match.js";
import { connect, enterGame, share } from "../lib/session.js";
import { Signals } from "../lib/signals.js";
import "../parts/clock.js";
import "../parts/status.js";
import { cardList, cards } from "./seat/cards.js";
import { endScreen } from "./seat/end.js";
import { announcementCards, eventName, hallScreen, putAway, moveCard, pairingOf, roundClock } from "./seat/hall.js";
import { drawModal } from "./seat/modal.js";
import { News } from "./seat/news.js";
import { playScreen } from "./seat/play.js";
import { readyScreen, setupScreen, waitingScreen } from "./seat/setup.js";
import { Taps } from "./seat/taps.js";
import { Watch } from "./seat/watch.js";

const OFFER_MS = 8_000;
const TINY_LINES = 26; // on a screen with fewer lines of text keys do not stay in place

class Seat extends View {
  game = null;
  venue = null;
  me = 0;
  modal = null;
  news = null;
  /** The turn change that may still be taken back with one tap: `{version, until}`. */
  offer = null;
  /** In an event: `{event, id}` of the participant; and the pairing that he is called to. */
  place = null;
  next = null;
  /** Announcements that were read and put away. */
  seen = putAway();
  /** All news is shown, also while a turn is on. */
  unfolded = false;

  taps = new Taps(this);
  signals = new Signals();
  awake = new Awake();
  #watch = new Watch(this);
  #at = null;

  connected() {
    const { v } = fragment();
    if (v) this.#enterHall(v);
    else {
      const { client, game } = enterGame({ clientType: "player" });
      this.client = client;
      this.venue = client.join({ game_id: "venue" });
      this.#sit(game, Number(fragment().p?.split(":")[1]));
    }
    this.listen(this.client, "status outbox");
    this.listen(this.venue, "change", () => this.#venueChanged());
    this.listen(this.awake, "change");
    this.listen(globalThis, "beforeunload", (event) => this.#leaving(event));
    this.listen(globalThis, "resize");
    this.every(1_000, () => this.#watch.look());
  }

  gone() {
    for (const each of [this.awake, this.signals]) each.stop();
  }

  #enterHall(v) {
    const [, event, id] = v.split(/[:/]/);
    this.place = { event, id };
    this.client = connect(`venue/${v}`, { clientType: "player" });
    this.venue = this.client.join({ game_id: "venue" });
  }

  #sit(game, wanted) {
    this.game = game;
    this.me = 0;
    this.news = null;
    this.offer = null;
    this.modal = null;
    this.listen(game, "change", ({ detail }) => game === this.game && this.#gameChanged(detail, wanted));
    this.listen(game, "presence", () => game === this.game && this.update());
  }

  #gameChanged(message, wanted) {
    const { game } = this;
    if (game.state && !game.refusal) {
      this.me = game.may(`player:${wanted}`) ? wanted : game.player;
      if (this.me) this.#told(message);
    }
    this.update();
  }

  #told(message) {
    const { game } = this;
    if (!this.news) this.news = new News(game, this.me);
    else if (!message) game.recovered !== true && this.news.replaced(game);
    else if (this.news.changed(game, message)) this.signals.give("news");
    const ended = message?.data.facts.find((fact) => fact.fact === "turn_ended");
    if (ended && game.synced) {
      this.offer = { version: message.version, until: performance.now() + OFFER_MS };
      setTimeout(() => this.update(), OFFER_MS + 50);
    } else if (message?.data.facts.some((fact) => fact.fact === "undone")) this.offer = null;
    this.#watch.changed(Boolean(message));
  }

  #venueChanged() {
    const { place, venue } = this;
    if (place && venue.state) {
      const now = pairingOf(venue.state, place.event, place.id);
      const from = this.#at;
      const same = from && now && from.game === now.game && from.table === now.table && from.foe === now.foe;
      if (!now || same) this.next = null;
      // Who waits at the table for his game is not asked again.
      else if (now.game && !this.game && (!from || (from.table === now.table && from.foe === now.foe))) {
        this.next = null;
        this.#arrive(now);
      }
      else if (now.game || from) {
        if (!this.next) this.signals.give("turn");
        this.next = { from, to: now };
      }
    }
    this.update();
  }

  #arrive(pairing) {
    this.#at = pairing;
    if (pairing.game && pairing.game !== this.game?.id) {
      this.game?.leave();
      this.#sit(this.client.join({ game_id: pairing.game }), 0);
    } else if (!pairing.game) {
      this.game?.leave();
      this.game = null;
    }
  }

  /** To the table of the new pairing. */
  go() {
    const { to } = this.next;
    this.next = null;
    this.#arrive(to);
    this.update();
  }

  /** To the rematch, in the seat that this device holds there. */
  follow(gameId) {
    const { p } = fragment();
    this.game.leave();
    this.#sit(this.client.join({ game_id: gameId }), 0);
    if (p) {
      // Sides may have been changed, so it is not this place's token alone from now on.
      this.game.addEventListener("change", () => {
        const place = `player:${this.me || 1}`;
        share(this.client, `${gameId}/${place}`);
        setFragment({ g: gameId, p: place });
      }, { once: true });
    }
    this.update();
  }

  /** Show a sheet from below, or (null) none. */
  open(modal) {
    this.modal = modal;
    this.update();
  }

  #leaving(event) {
    if (this.client.outbox.waiting.length && !this.client.live) event.preventDefault();
  }

  // -- drawing

  #title() {
    const state = this.game?.state;
    if (!state || !this.me) return "gamesync";
    const names = `${nameOf(state, 1)} – ${nameOf(state, 2)}`;
    return state.turn.active_player === this.me ? `${t("seat.yourTurn")} · ${names}` : names;
  }

  /** How high the screen is, in the reader's own size of type. */
  get lines() {
    return innerHeight / parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  draw() {
    this.dataset.tiny = String(this.lines < TINY_LINES);
    super.draw();
  }

  template() {
    document.title = this.#title();
    const { client, game, venue } = this;
    const stream = game ?? venue;
    const status = h("gs-status", { key: `status-${stream.id}`, ".client": client, ".stream": stream });
    return [
      h("main", { class: this.me ? `p${this.me}` : "", "data-screen": this.#name() }, status, h("div", { class: "seat-body" }, this.#head(), this.#screen())),
      drawModal(this),
    ];
  }

  #name() {
    const { game } = this;
    if (!game) return "hall";
    if (!game.state || game.refusal) return "entering";
    return this.me ? game.state.status : "stranger";
  }

  #head() {
    const { game } = this;
    const state = game?.state;
    if (!game) return h("header", { class: "head" }, h("h1", {}, eventName(this) || t("common.loading")));
    if (!state || !this.me || game.refusal || state.status === "void") return null;
    const { round } = state.turn;
    const { rounds, name } = state.ruleset;
    const table = state.table && h("span", { class: "quiet" }, state.table);
    const playing = state.status === "playing" && rounds > 0;
    const words = playing ? t("seat.roundOf", { round, rounds }) : state.status === "playing" ? name : t(`match.status.${state.status}`);
    return h("header", { class: "head" }, h("h1", {}, words), table, roundClock(this));
  }

  #screen() {
    const { game, me } = this;
    const move = moveCard(this);
    if (!game) return hallScreen(this, cardList(this, [move, ...announcementCards(this)]));
    // Whose place is at another table now needs to be told that, and not that he has none here.
    if (move && (game.refusal || (game.state && !me))) return cardList(this, [move]);
    if (game.refusal) return this.#message(t("seat.refused"));
    if (!game.state) return h("p", { class: "one-moment" }, t("common.loading"));
    if (!me) return this.#message(t("seat.stranger"));
    const { state } = game;
    const shown = cardList(this, [move, ...announcementCards(this), ...cards(this)], state.status === "playing");
    switch (state.status) {
      case "waiting":
        return [shown, waitingScreen(this)];
      case "setup":
        return [shown, setupScreen(this)];
      case "ready":
        return [shown, readyScreen(this)];
      case "playing":
        return playScreen(this, shown);
      case "void":
        return [shown, this.#message(t("seat.void"))];
      default:
        return endScreen(this, shown);
    }
  }

  #message(words) {
    return h("section", { class: "before message" }, h("h1", {}, words),
      h("div", { class: "choices" },
        this.game.state && h("a", { class: "button", href: link({ view: "board" }, { g: this.game.id }) }, t("seat.board")),
        h("a", { class: "button", href: link() }, t("enter.lobby"))));
  }
}

customElements.define("gs-seat", Seat);
