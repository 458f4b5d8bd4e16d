/** `<gs-board>`: a scoreboard for a wall, read from the other end of the room; also for a watcher's phone. */

import { clockShown } from "../client/gamesync.js";
import { query } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { refusal, t } from "../lib/i18n.js";
import { nameOf } from "../lib/match.js";
import { fit } from "./board/fit.js";
import { findRoot, foot, head, here, idle, newsFor, roundClock } from "./board/frame.js";
import { grid, title } from "./board/grid.js";
import { match, roundOf } from "./board/match.js";
import { Programme, watchLink } from "./board/programme.js";
import { openScreen, stayAwake } from "./board/screen.js";
import "../parts/status.js";

const POINTER_MS = 3_000; // a mouse that lies still is not seen

class Board extends View {
  #pointer = null;
  #wide = matchMedia("(min-aspect-ratio: 1/1)");
  #small = matchMedia("(max-width: 45rem), (max-height: 30rem)");

  connected() {
    this.client = openScreen(query.get("display")?.trim());
    this.programme = new Programme(this.client);
    this.listen(this.programme, "change");
    this.listen(this.client, "status");
    for (const media of [this.#wide, this.#small]) this.listen(media, "change");
    this.listen(globalThis, "resize");
    // Lengths of time in words, announcements that lapse, pages that turn: once a second.
    this.every(1_000, () => {
      this.programme.look();
      this.update();
    });
    this.listen(globalThis, "pointermove pointerdown keydown", () => this.#seen());
    this.#seen();
    stayAwake();
    findRoot(() => this.update());
  }

  #seen() {
    clearTimeout(this.#pointer);
    this.dataset.pointer = "seen";
    this.#pointer = setTimeout(() => (this.dataset.pointer = "hidden"), POINTER_MS);
  }

  draw() {
    super.draw();
    fit(this);
  }

  template() {
    const { client, programme } = this;
    const { scene, venue } = programme;
    const live = scene.stream ? scene.stream.status === "live" : client.live;
    const parts = this.#parts(scene, live);
    const about = programme.stream;
    document.title = [...new Set([parts.name, venue?.settings.venue_name || "gamesync"])].join(" · ");
    const news = newsFor(venue, client.now(), scene.table ?? (scene.kind === "game" ? { id: "" } : null));
    const qr = query.get("qr") === "1" && parts.watch;
    return [
      h("gs-status", { key: `status ${about?.id ?? ""}`, ".client": client, ".stream": about }),
      h("main", { key: "main", class: "board", "data-scene": scene.kind, "data-live": String(live) },
        parts.head && head({ ...parts.head, venue, now: () => client.now(), live }),
        h("div", { class: "picture" }, parts.picture),
        foot({ news, now: client.now(), qr, venueName: venue?.settings.venue_name })),
    ];
  }

  /** What differs from scene to scene: the picture, the head over it, the page's name. */
  #parts(scene, live) {
    const { client, programme } = this;
    const { venue } = programme;
    const now = () => client.now();
    const venueName = venue?.settings.venue_name ?? "";
    if (scene.kind === "game") return this.#match(scene, live);
    if (scene.kind === "board") {
      const places = programme.places();
      const heading = venueName || t("board.title");
      const scrolls = this.#small.matches;
      const some = places.some((place) => place.game);
      if (!some && !programme.hall.complete) return { name: heading, picture: this.#opening() };
      if (!some) return { name: heading, picture: idle({ venueName, table: null }) };
      const line = (id) => programme.hall.line(id);
      const picture = grid({ places, line, now, live, wide: this.#wide.matches, scrolls });
      return { name: heading, head: { heading }, picture, watch: watchLink(here()) };
    }
    if (scene.kind === "round_clock") {
      const picture = roundClock({ venue, now, live }) ?? idle({ venueName, table: null });
      return { name: t("board.roundClock"), picture, watch: watchLink(here()) };
    }
    if (scene.kind === "idle") {
      return { name: title(scene.table.name), picture: idle({ venueName, table: scene.table }) };
    }
    if (scene.kind === "refused") {
      return { name: t("board.notShown"), picture: h("div", { class: "plain-words" }, h("h1", {}, t("board.notShown")), h("p", {}, refusal(scene.stream.refusal))) };
    }
    return { name: t("board.title"), picture: this.#opening() };
  }

  #opening() {
    return h("div", { class: "plain-words" }, h("h1", {}, t("common.loading")));
  }

  #match({ stream, table, turns }, live) {
    const { client, programme } = this;
    const { state } = stream;
    const name = table?.name || state.table;
    const heading = name ? title(name) : programme.venue?.settings.venue_name || t("board.title");
    const middle = [roundOf(state), turns && turns.of > 1 && `${turns.n}/${turns.of}`].filter(Boolean).join(" · ");
    const ms = (player) => clockShown(state.clock, player, client.now());
    const key = stream.id;
    return {
      name: `${nameOf(state, 1)} – ${nameOf(state, 2)}`,
      head: { heading, middle },
      picture: h("div", { key, class: "one" }, match({ state, now: client.now(), ms, live })),
      watch: watchLink(here(), table?.id ? { table: table.id } : { game: stream.id }),
    };
  }
}

customElements.define("gs-board", Board);
