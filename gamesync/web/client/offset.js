/** The server's clock, as far as it can be known from here. Pure: times come in as arguments. */

const SAMPLES = 12; // heartbeats remembered: a minute of them
const SLACK_MS = 20; // by how much two clocks may drift apart between samples

export class ServerClock {
  #samples = [];
  #guess = null;

  /** The round trip measured last, in ms; null before the first. */
  rtt = null;

  /** The server said `now` (game time) when it was `at` here: a guess, until a heartbeat is back. */
  greeted(now, at) {
    this.#samples = [];
    this.#guess = now - at;
  }

  /** A heartbeat sent at `t0` came back at `t1` (both local ms); the server said `now`. */
  sample(now, t0, t1) {
    if (t1 < t0) return;
    const fresh = { offset: now - (t0 + t1) / 2, rtt: t1 - t0 };
    this.rtt = fresh.rtt;
    const best = this.best;
    if (best && Math.abs(fresh.offset - best.offset) > (fresh.rtt + best.rtt) / 2 + SLACK_MS) {
      this.#samples = []; // one of the machines slept: what was known is worthless
    }
    this.#samples.push(fresh);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Of the last heartbeats the one with the shortest round trip; null before there is one. */
  get best() {
    return this.#samples.reduce((a, b) => (a && a.rtt <= b.rtt ? a : b), null);
  }

  /** Game time less local time, in ms; null before the first word of the server. */
  get offset() {
    return this.best?.offset ?? this.#guess;
  }

  /** Game time when it is `local` here; null if it is not known. */
  at(local) {
    const { offset } = this;
    return offset === null ? null : local + offset;
  }
}

/**
 * What the clock of `player` shows at game time `now`, in ms: time left (mode `down`; below 0 is
 * overtime) or spent (`up`). `clock` is a ClockView or a listed game's clock. Null without a clock.
 */
export function clockShown(clock, player, now) {
  if (!clock || clock.mode === "none") return null;
  const shown = clock[`p${player}_ms`];
  if (!clock.running || clock.side !== player || now === null) return shown;
  const elapsed = Math.max(0, Math.round(now) - clock.at - clock.free_ms);
  if (clock.mode === "up") return shown + elapsed;
  const stops = (clock.on_flag ?? clock.rules?.on_flag) === "stop";
  return stops ? Math.max(0, shown - elapsed) : shown - elapsed;
}
