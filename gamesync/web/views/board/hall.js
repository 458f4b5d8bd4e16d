/** The venue and the list of games together: which game is at which table. */

import { base } from "../../lib/address.js";

const STATUSES = ["waiting", "setup", "ready", "playing", "ended"];
const OVER_MS = 45 * 60_000; // so long a game that is over is still shown among the others

/** Events: `change`. */
export class Hall extends EventTarget {
  #client;
  #signed = new Map();
  #asking = "";

  /** `list`: whether the list of games is needed, too. */
  constructor(client, { list = true } = {}) {
    super();
    this.#client = client;
    /** The Stream of the venue. */
    this.venue = client.join({ game_id: "venue" });
    if (list) client.lobby.watch(STATUSES);
    const tell = () => this.dispatchEvent(new CustomEvent("change"));
    this.venue.addEventListener("change", () => {
      this.#lines();
      tell();
    });
    client.lobby.addEventListener("change", () => {
      this.#lines();
      tell();
    });
  }

  /** Whether all that is on is known. */
  get complete() {
    return this.venue.state !== null && this.#client.lobby.complete;
  }

  /** The line of a game as `game_list` tells it; null if we know of none. */
  line(id) {
    return this.#client.lobby.games.get(id) ?? this.#signed.get(id) ?? null;
  }

  /** A table by its id or name: `{id, name, game}`; also one that only games speak of. */
  table(wanted) {
    const name = wanted.toLocaleLowerCase();
    const found =
      this.#tables().find((t) => t.id === wanted) ??
      this.#tables().find((t) => t.name.toLocaleLowerCase() === name);
    if (found) return found;
    const line = this.#newest(name);
    return line ? { id: "", name: line.table, game: line.game_id } : null;
  }

  /** All places, in an order that stays: the venue's tables, then games that are at none. */
  places() {
    const tables = this.#tables();
    const taken = new Set(tables.map((t) => t.game));
    const loose = this.#open().filter((line) => !taken.has(line.game_id));
    loose.sort((a, b) => compare(a.table, b.table) || (a.game_id < b.game_id ? -1 : 1));
    return [...tables, ...loose.map((l) => ({ id: "", name: l.table, game: l.game_id }))];
  }

  #tables() {
    const tables = this.venue.state?.tables ?? [];
    return tables.map(({ id, name, game }) => ({
      id,
      name,
      game: game || (this.#newest(name.toLocaleLowerCase())?.game_id ?? ""),
    }));
  }

  /** Games worth showing, and not those that nobody has touched for long. */
  #open() {
    const now = this.#client.now();
    return [...this.#client.lobby.games.values()].filter(({ status, changed_at }) => {
      if (!STATUSES.includes(status)) return false;
      return status !== "ended" || now === null || !changed_at || now - changed_at < OVER_MS;
    });
  }

  #newest(name) {
    const placed = new Set((this.venue.state?.tables ?? []).map((t) => t.game));
    const here = this.#open().filter(
      (line) => line.table.toLocaleLowerCase() === name && !placed.has(line.game_id),
    );
    const open = (line) => (line.status === "ended" ? 0 : 1);
    here.sort((a, b) => open(b) - open(a) || (b.changed_at ?? 0) - (a.changed_at ?? 0));
    return here[0] ?? null;
  }

  /** Games on tables that the list does not have any more, for they are signed: asked once. */
  async #lines() {
    if (!this.complete) return;
    const missing = this.venue.state.tables.map((t) => t.game).filter((id) => id && !this.line(id));
    const asking = missing.join();
    if (!asking || asking === this.#asking) return;
    this.#asking = asking;
    try {
      const { tables } = await (await fetch(new URL("api/v1/tables", base))).json();
      for (const { game } of tables) if (game) this.#signed.set(game.game_id, game);
      this.dispatchEvent(new CustomEvent("change"));
    } catch {
      this.#asking = ""; // with the next change
    }
  }
}

function compare(a, b) {
  if (!a || !b) return a ? -1 : b ? 1 : 0; // games at no table come last
  return a.localeCompare(b, undefined, { numeric: true });
}
