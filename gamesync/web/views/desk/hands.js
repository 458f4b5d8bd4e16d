/**
 * The desk's hands in games: a connection of its own, there only while something is done.
 *
 * Whoever has joined a game is heard in it. So the desk, which may be the host of what it made,
 * joins none for longer than it acts there: else a table whose own devices are gone would seem to
 * be in good hands.
 */

import { connect } from "../../lib/session.js";

const LINGER_MS = 1_500;

export class Hands {
  #slot;
  #client = null;
  #held = new Map();
  #timer = null;

  /** `slot`: where the official's token is kept. */
  constructor(slot) {
    this.#slot = slot;
  }

  get client() {
    clearTimeout(this.#timer);
    this.#client ??= connect(this.#slot);
    return this.#client;
  }

  /** The Stream of a game, until `release`. */
  hold(gameId) {
    const stream = this.client.join({ game_id: gameId });
    this.#held.set(gameId, (this.#held.get(gameId) ?? 0) + 1);
    return stream;
  }

  release(gameId) {
    const left = (this.#held.get(gameId) ?? 1) - 1;
    if (left > 0) return void this.#held.set(gameId, left);
    this.#held.delete(gameId);
    this.#rest();
  }

  /** One command to one game. */
  async send(gameId, type, data) {
    const stream = this.hold(gameId);
    try {
      return await stream.send(type, data);
    } finally {
      this.release(gameId);
    }
  }

  /** Make a game; resolves with its id. */
  async create(data) {
    const { client } = this;
    this.#held.set("", (this.#held.get("") ?? 0) + 1);
    try {
      return (await client.send("game_create", data)).gameId;
    } finally {
      this.release("");
    }
  }

  /** Nothing is held: the connection ends, and with it what it had joined. */
  #rest() {
    if (this.#held.size) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => !this.#held.size && this.stop(), LINGER_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#client?.stop();
    this.#client = null;
    this.#held.clear();
  }
}
