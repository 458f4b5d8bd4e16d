/** Notices what a player should hear: his turn, his clock, little time left. Nothing is said twice. */

import { shortOf } from "./rights.js";

const WARNINGS = [[300_000, "five"], [60_000, "one"]];
const FRESH_MS = 3_000; // a warning is for the moment in which it falls due, not for later

export class Watch {
  #view;
  #turn = null;
  #run = null;
  #last = null;
  #short = "";

  constructor(view) {
    this.#view = view;
  }

  /** The state changed; `told`: as it happened, not because we came (back) to it. */
  changed(told) {
    const { game, me, signals } = this.#view;
    const { turn, clock } = game.state;
    const before = { turn: this.#turn, run: this.#run };
    this.#turn = turn.turn;
    this.#run = clock.run;
    if (before.turn === null || !told || !game.synced) return;
    if (turn.turn !== before.turn && turn.active_player === me) signals.give("turn");
    else if (clock.run !== before.run && clock.side === me && clock.running && clock.mode !== "none") signals.give("clock");
  }

  /** Once a second: warnings, and whether words that count down have to be drawn anew. */
  look() {
    const view = this.#view;
    const { game, me, client } = view;
    const state = game?.state;
    if (!state || !me) {
      if (view.venue?.state?.announcements.length) view.update();
      return;
    }
    const ms = game.clock(me);
    const runs = state.clock.running && state.clock.side === me && state.clock.mode === "down";
    const at = performance.now();
    if (runs && ms !== null && this.#last && at - this.#last.at < FRESH_MS && game.status === "live") {
      for (const [limit, name] of WARNINGS) if (this.#last.ms > limit && ms <= limit) view.signals.give(name);
    }
    this.#last = runs && ms !== null ? { ms, at } : null;
    const short = [1, 2].map((player) => shortOf(state.clock, game.clock(player))).join();
    const counts = state.judge || state.proposals.length || view.offer || client.staleSince !== null || view.venue?.state?.announcements.length;
    if (counts || short !== this.#short) view.update();
    this.#short = short;
  }
}
