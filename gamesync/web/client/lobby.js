/** The list of games, kept live. Event: `change`. */
export class Lobby extends EventTarget {
  /** Games by id, as `game_list` tells them. */
  games = new Map();
  /** Whether all pages have come at least once. */
  complete = false;

  #client;
  #fresh = null;
  #wanted = false;

  constructor(client) {
    super();
    this.#client = client;
  }

  /** Only games in one of these statuses; none: all. */
  statuses = [];

  watch(statuses = []) {
    this.statuses = statuses;
    this.#wanted = true;
    this.ask();
  }

  /** Ask for all of it, page by page; from then on the server tells what changes. */
  async ask(after = "") {
    if (!this.#wanted || !this.#client.ready) return; // each connection asks when it is ready
    if (!after) this.#fresh = new Map();
    const mine = this.#fresh;
    try {
      const data = { subscribe: true, limit: 100, after, status: this.statuses };
      const page = await this.#client.ask("game_list", data, { once: true });
      if (mine !== this.#fresh) return; // a newer question has taken its place
      for (const game of page.games) mine.set(game.game_id, game);
      if (page.next) return void this.ask(page.next);
      this.games = mine;
      this.complete = true;
      this.#tell();
    } catch {
      // The connection is lost: it is asked anew with the next one.
    }
  }

  /** What changed. */
  news({ games, gone = [], whole }) {
    if (whole) this.games = new Map();
    for (const map of new Set([this.games, this.#fresh ?? this.games])) {
      for (const game of games) map.set(game.game_id, game);
      for (const id of gone) map.delete(id);
    }
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
