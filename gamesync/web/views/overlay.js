/** `<gs-overlay>`: a match over a stream's picture, on nothing; for OBS and its like. */

import { query } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { nameOf } from "../lib/match.js";
import { fit } from "./board/fit.js";
import { roundLeft } from "./board/frame.js";
import { Programme } from "./board/programme.js";
import { openScreen } from "./board/screen.js";
import { adoptStyles } from "./overlay/adopt.js";
import { bar, roundPill } from "./overlay/bar.js";
import { Delayed } from "./overlay/delay.js";
import { inkOn, options } from "./overlay/options.js";
import "../parts/status.js";

const STEADY_MS = 1_500; // what comes sooner after a connection is no news
const FRESH_MS = 4_000; // how long a change of score is marked
const NOTHING = { kind: "nothing" };

class Overlay extends View {
  options = options(query);

  #delayed = new Delayed(this.options.delayMs);
  #steadySince = null;
  #last = null;
  #fresh = new Map();
  #held = null;
  #due = null;

  connected() {
    this.#dress();
    adoptStyles();
    this.client = openScreen(query.get("display")?.trim());
    this.programme = new Programme(this.client, { alone: true });
    this.listen(this.programme, "change", () => this.#note());
    this.listen(this.client, "status", () => this.#note());
    this.listen(globalThis, "resize");
    this.listen(globalThis, "keydown", (event) => event.key.toLowerCase() === "f" && this.#freeze(!this.options.frozen));
    this.every(1_000, () => {
      this.programme.look();
      this.#note();
    });
    this.#note();
  }

  /** The page is transparent, whatever the reader's own theme is, and looks as the address says. */
  #dress() {
    const { accents, scale, theme, position } = this.options;
    const { documentElement: root } = document;
    root.style.background = "transparent";
    root.style.colorScheme = "normal";
    document.querySelector('meta[name="color-scheme"]')?.remove();
    this.className = `theme-${theme} at-${position}`;
    this.style.setProperty("--overlay-query-scale", String(scale));
    accents.forEach((accent, i) => {
      if (!accent) return;
      this.style.setProperty(`--overlay-accent${i + 1}`, accent);
      const ink = inkOn(accent);
      if (ink) this.style.setProperty(`--overlay-on-accent${i + 1}`, ink);
    });
  }

  #freeze(frozen) {
    this.options.frozen = frozen;
    if (!frozen) this.#held = null;
    this.update();
  }

  /** Put what is known now into the queue, if it is something else than before. */
  #note() {
    const now = performance.now();
    const { scene, venue } = this.programme;
    const { stream, kind } = scene;
    const live = stream ? stream.status === "live" : this.client.live;
    this.#steadySince = live ? (this.#steadySince ?? now) : null;
    const quiet = this.#steadySince === null || now - this.#steadySince < STEADY_MS;
    let picture = NOTHING;
    if (kind === "game") picture = { kind, id: stream.id, state: stream.state, quiet };
    if (kind === "round_clock" && venue?.round_clock) picture = { kind, clock: venue.round_clock };
    const before = this.#delayed.newest;
    const same = before && before.kind === picture.kind && before.state === picture.state && before.clock === picture.clock;
    if (!same && !(kind === "opening" && !before)) this.#delayed.put(picture, now);
    this.#arm();
    this.update();
  }

  /** Draw again when the next picture is due, to the moment. */
  #arm() {
    clearTimeout(this.#due);
    const wait = this.#delayed.wait(performance.now());
    if (wait === null) return;
    this.#due = setTimeout(() => {
      this.update();
      this.#arm();
    }, wait);
  }

  draw() {
    super.draw();
    fit(this, 0.5);
  }

  template() {
    const { client, options, programme } = this;
    const now = performance.now();
    let picture = this.#delayed.at(now) ?? NOTHING;
    if (options.frozen && picture.kind === "game") picture = this.#held ??= picture;
    this.#compare(picture, now);
    const { stream } = programme;
    const status = stream ? stream.status : client.live ? "live" : "stale";
    // What was known before the line broke is still to be shown for as long as it is held back.
    const known = status === "live" || (client.staleSince !== null && now - client.staleSince < options.delayMs);
    document.body.dataset.live = status;
    const ticking = known && !options.frozen;
    const time = () => (client.now() === null ? null : client.now() - options.delayMs);
    return [
      h("main", {}, this.#picture(picture, ticking, time, now)),
      options.debug && h("div", { class: "debug" },
        h("gs-status", { key: stream?.id ?? "none", ".client": client, ".stream": stream ?? null }),
        options.frozen && h("p", {}, t("overlay.held"))),
    ];
  }

  #picture(picture, ticking, time, now) {
    const title = (text) => {
      document.title = text;
      return h("h1", { class: "visually-hidden" }, text);
    };
    if (picture.kind === "game") {
      const { state } = picture;
      const fresh = (player) => (now - (this.#fresh.get(player) ?? -Infinity) < FRESH_MS ? 1 : 0);
      return [
        title(t("overlay.title", { one: nameOf(state, 1), two: nameOf(state, 2) })),
        bar({ state, now: time, parts: this.options.parts, ticking, fresh }),
      ];
    }
    if (picture.kind === "round_clock") {
      const { clock } = picture;
      const text = clock.round ? t("common.round", { round: clock.round }) : t("board.roundClock");
      return [title(text), roundPill(() => roundLeft(clock, time()), text, ticking)];
    }
    return title(t("overlay.empty"));
  }

  /** A score that changes while it is watched is marked; never what happened while we were away. */
  #compare(picture, now) {
    const before = this.#last;
    if (picture === before) return;
    this.#last = picture;
    const same = before?.kind === "game" && picture.kind === "game" && before.id === picture.id;
    if (!same) this.#fresh.clear();
    if (!same || picture.quiet || !this.options.animate) return;
    for (const { player, score } of picture.state.scores.players) {
      if (score !== before.state.scores.players[player - 1].score) this.#fresh.set(player, now);
    }
  }
}

customElements.define("gs-overlay", Overlay);
