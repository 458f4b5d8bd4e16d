/**
 * What a screen that only shows has to show: a game, a table's game, several in turn, all of them.
 * By the page's own address, or by what the desk says of the display that this screen is.
 */

import { fragment, query, base } from "../../lib/address.js";
import { Hall } from "./hall.js";

const AHEAD_MS = 4_000; // the next in turn is asked for so long before it is shown
const PATIENCE_MS = 4_000; // and if it has not come by then, what was there goes
const TURNS_KEPT = 4;
const AGAIN_MS = 20_000; // until somewhere that did not let us in is tried again
export const EVERY_MS = 20_000;

/** What the address asks for: `{display, key, shows: {kind, game?, table?, tables?, every_ms?}}`. */
export function wished(search = query, parts = fragment()) {
  const display = search.get("display")?.trim() ?? "";
  const game = parts.g ?? search.get("game");
  const table = search.get("table")?.trim();
  const list = search.get("tables") ?? "";
  const tables = list.split(",").map((name) => name.trim()).filter(Boolean);
  const seconds = Number(search.get("rotate"));
  let shows = { kind: "board", tables };
  if (game) shows = { kind: "game", game };
  else if (table) shows = { kind: "table", table };
  else if (search.get("show") === "round_clock") shows = { kind: "round_clock" };
  else if (search.has("rotate")) {
    shows = { kind: "rotation", tables, every_ms: seconds >= 2 ? seconds * 1000 : EVERY_MS };
  }
  return { display, key: parts.g ? parts.k : undefined, shows };
}

/** Events: `change`. The screen asks `scene` for what to draw. */
export class Programme extends EventTarget {
  /** What is shown: `{kind: opening|refused|game|board|round_clock|idle, stream?, table?}`. */
  scene = { kind: "opening" };

  #client;
  #wish;
  #streams = new Map();
  #asked = { game: null, at: 0 };
  #refusedAt = new Map();
  #turns = new Map();
  #registered = null;
  #registering = "";
  #reload = null;

  /** `alone`: the venue is not asked for where the address names the game. */
  constructor(client, { wish = wished(), alone = false } = {}) {
    super();
    this.#client = client;
    this.#wish = wish;
    const named = !wish.display && wish.shows.kind === "game";
    if (named) this.#stream(wish.shows.game, wish.key);
    this.hall = named && alone ? null : new Hall(client, { list: !named });
    this.hall?.addEventListener("change", () => this.look());
    client.addEventListener("status", () => this.look());
  }

  get display() {
    return this.#wish.display;
  }

  /** The stream that what is shown depends on, also while it is only asked for; null: the list alone. */
  get stream() {
    if (this.scene.kind !== "opening") return this.scene.stream ?? null;
    return this.#streams.get(this.#asked.game) ?? this.hall?.venue ?? null;
  }

  /** The venue's state; null as long as it is not known, or not asked for. */
  get venue() {
    return this.hall?.venue.state ?? null;
  }

  /** What is to be shown, in the words of the protocol. */
  get shows() {
    if (!this.display) return this.#wish.shows;
    return this.#mine()?.shows ?? { kind: "board" };
  }

  /** Look again what is to be shown; cheap, and to be done each second. */
  look() {
    this.#steer();
    const before = this.scene;
    const next = this.#next();
    if (next) this.scene = next;
    const same = next && next.kind === before.kind && next.stream === before.stream;
    if (!same || next.kind !== "game") this.dispatchEvent(new CustomEvent("change"));
  }

  /** The places of the board: those that the address names, or all. */
  places() {
    const { tables = [] } = this.display ? {} : this.#wish.shows;
    if (!tables.length) return this.hall.places();
    return tables.map((name) => this.hall.table(name) ?? { id: "", name, game: "" });
  }

  // -- the desk

  #mine() {
    return this.venue?.displays.find((d) => d.id === this.#registered) ?? null;
  }

  #steer() {
    const { hall } = this;
    if (!this.display || !hall || hall.venue.status !== "live") return;
    if (!this.#registered) {
      // Once a load: a screen that was sent away from the desk stays away.
      if (this.#registering === "asked") return;
      this.#registering = "asked";
      hall.venue.send("display", { op: "register", name: this.display }).then(
        ({ detail }) => {
          this.#registered = detail.display;
          this.look();
        },
        (error) => {
          this.#registering = error.code;
        },
      );
      return;
    }
    const mine = this.#mine();
    if (!mine) return;
    this.#reload ??= mine.reload;
    if (mine.reload > this.#reload) location.reload();
  }

  // -- scenes

  #next() {
    const { shows } = this;
    // What the desk wants is not known before it knows us; if it will not have us, all tables.
    if (this.display && !this.#registered && ["", "asked"].includes(this.#registering)) return null;
    if (shows.kind === "game") return this.#game(shows.game, null);
    if (!this.venue) return this.hall?.venue.refusal ? { kind: "refused", stream: this.hall.venue } : null;
    if (shows.kind === "table") {
      const table = this.hall.table(shows.table);
      if (!table && !this.hall.complete) return null;
      return this.#placed(table ?? { id: "", name: shows.table, game: "" });
    }
    if (shows.kind === "rotation") return this.#inTurn(shows);
    this.#keep([]);
    return { kind: shows.kind === "round_clock" ? "round_clock" : "board" };
  }

  #inTurn({ tables = [], every_ms = EVERY_MS }) {
    const { hall } = this;
    const named = tables.map((name) => hall.table(name)).filter(Boolean);
    if (!hall.complete && !named.some((t) => t.game)) return null;
    const places = (tables.length ? named : hall.places()).filter((place) => place.game);
    if (!places.length) return this.#placed({ id: "", name: "", game: "" });
    // By the server's clock, so that a screen that was loaded anew goes on where it was.
    const now = this.#client.now() ?? 0;
    const at = (ms) => this.#turnOf(Math.floor((now + ms) / every_ms), places);
    const next = at(AHEAD_MS);
    const scene = this.#placed(at(0), next.game);
    return scene && { ...scene, turns: { n: places.indexOf(at(0)) + 1, of: places.length } };
  }

  /**
   * Whose turn it is: settled once for each turn, for a hall that is being filled changes many times
   * a second, and each game that is looked at has to be asked for.
   */
  #turnOf(turn, places) {
    for (const old of this.#turns.keys()) if (old < turn - TURNS_KEPT) this.#turns.delete(old);
    const settled = places.find((place) => place.game === this.#turns.get(turn));
    const found = settled ?? places[turn % places.length];
    this.#turns.set(turn, found.game);
    return found;
  }

  #placed(table, soon = "") {
    if (table.game) return this.#game(table.game, table, soon);
    this.#keep([]);
    return { kind: "idle", table };
  }

  /** The scene of a game; null as long as it has not come, for then what was there stays. */
  #game(id, table, soon = "") {
    const key = id === this.#wish.shows.game ? this.#wish.key : undefined;
    const stream = this.#stream(id, key);
    if (soon) this.#stream(soon);
    if (this.#asked.game !== id) this.#asked = { game: id, at: performance.now() };
    const shown = this.scene.stream?.id;
    if (stream.state || stream.refusal) {
      this.#keep([id, soon]);
      if (stream.refusal) this.#again(id);
      return { kind: stream.state ? "game" : "refused", stream, table };
    }
    this.#keep([id, soon, shown]);
    const patient = performance.now() - this.#asked.at < PATIENCE_MS || !this.#client.live;
    return patient ? null : { kind: "opening" };
  }

  #again(id) {
    const since = this.#refusedAt.get(id);
    const now = performance.now();
    if (since === undefined) this.#refusedAt.set(id, now);
    else if (now - since > AGAIN_MS) {
      this.#refusedAt.delete(id);
      this.#drop(id);
    }
  }

  // -- streams

  #stream(id, key) {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = this.#client.join({ game_id: id, key });
      stream.addEventListener("change", () => {
        this.look();
        if (this.scene.stream === stream) this.dispatchEvent(new CustomEvent("change"));
      });
      this.#streams.set(id, stream);
    }
    return stream;
  }

  #drop(id) {
    this.#client.leave(this.#streams.get(id));
    this.#streams.delete(id);
  }

  #keep(ids) {
    for (const id of [...this.#streams.keys()]) if (!ids.includes(id)) this.#drop(id);
  }
}

/** Where a phone finds what this screen shows: for its QR code. */
export function watchLink(root = base, { game = "", table = "" } = {}) {
  const url = new URL(root);
  url.searchParams.set("view", "board");
  if (table) url.searchParams.set("table", table);
  else if (game) url.searchParams.set("game", game);
  return url.href;
}
