/** `<gs-clock>`: one player's clock, which draws itself when its text changes and not oftener. */

import { clockText, untilNext } from "../lib/format.js";

export class ClockFace extends HTMLElement {
  drawsItself = true;
  #timer = null;
  #source = null;

  /**
   * What is shown: `{ms(): number|null, clock: {mode, running, side}, player, live?: boolean}`, where
   * `ms` is asked whenever it is drawn.
   */
  set source(source) {
    this.#source = source;
    this.#draw();
  }

  connectedCallback() {
    this.#draw();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #draw() {
    clearTimeout(this.#timer);
    if (!this.#source || !this.isConnected) return;
    const { clock, player, live = true } = this.#source;
    const ms = this.#source.ms();
    const mode = clock?.mode ?? "none";
    const text = mode === "none" ? "" : clockText(ms, { mode });
    if (this.textContent !== text) {
      this.textContent = text;
      this.dataset.signs = text.length; // for type that fits
    }
    const low = mode === "down" && ms !== null && ms < 300_000;
    const size = low && ms < 60_000 ? "last" : low ? "low" : "";
    this.dataset.time = ms !== null && ms < 0 && mode === "down" ? "over" : size;
    const runs = clock?.running && clock.side === player;
    this.dataset.running = String(Boolean(runs));
    this.dataset.live = String(live);
    if (runs && ms !== null) this.#timer = setTimeout(() => this.#draw(), untilNext(ms, { mode }) + 2);
  }
}

customElements.define("gs-clock", ClockFace);
