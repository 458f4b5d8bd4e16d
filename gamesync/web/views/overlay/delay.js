/**
 * Pictures held back: what was known at a moment is shown so many milliseconds after it. Pure;
 * times are local ones (performance.now()).
 */

export class Delayed {
  #queue = [];
  #shown = null;

  constructor(delayMs = 0) {
    this.delayMs = delayMs;
  }

  /** The newest picture that was put in; null if there is none. */
  get newest() {
    return this.#queue.at(-1)?.picture ?? this.#shown;
  }

  /** From now on this is how things stand. */
  put(picture, now) {
    this.#queue.push({ picture, at: now });
  }

  /** The picture to show now; null if what there is has to wait. */
  at(now) {
    while (this.#queue.length && this.#queue[0].at + this.delayMs <= now) {
      this.#shown = this.#queue.shift().picture;
    }
    return this.#shown;
  }

  /** How long until there is another picture, in ms; null: nothing waits. */
  wait(now) {
    return this.#queue.length ? Math.max(0, this.#queue[0].at + this.delayMs - now) : null;
  }
}
