/** One player's half of the table, as the seat's parts know a seat: the same game, the same taps. */

export class Side {
  #host;

  constructor(host, me) {
    this.#host = host;
    this.me = me;
  }

  /** News are for a player's own phone: at the table both saw what was done. */
  news = { list: [] };
  offer = null;
  place = null;

  get game() {
    return this.#host.game;
  }

  get client() {
    return this.#host.client;
  }

  get venue() {
    return this.#host.venue;
  }

  get taps() {
    return this.#host.taps;
  }

  get seen() {
    return this.#host.seen;
  }

  get modal() {
    return this.#host.modal;
  }

  /** At the table both sides' cells are filled in. */
  get atTable() {
    return true;
  }

  open(modal) {
    this.#host.open(modal && { ...modal, me: this.me });
  }

  update() {
    this.#host.update();
  }

  querySelector(selector) {
    return this.#host.querySelector(selector);
  }
}
