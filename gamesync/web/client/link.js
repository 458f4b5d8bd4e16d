/**
 * The connection: a WebSocket that comes back whenever it is lost, for ever.
 *
 * It tells its owner `opened()`, `said(message)`, `lost(why)`. Failures are counted until a
 * connection has been good for a while, so that a server that turns everybody away is not asked
 * ever more often.
 */

const OPEN_MS = 8_000; // how long TCP and the upgrade may take together
const STEADY_MS = 5_000; // a connection that was open so long was a good one
const LONGEST_MS = 8_000;
const PROBE_MS = 2_500; // after sleep: an answer within this, or the connection is dead
const STAY_AWAY = new Set([1000, 1002, 1003, 1007, 1009, 4403, 4409]);
const AFTER_A_WHILE = new Map([[1008, 30_000]]);

/** Milliseconds to wait after so many failures in a row: about 200 for the first, at most 10 s. */
export function delay(failures, random = Math.random()) {
  if (failures <= 1) return 100 + 200 * random;
  return Math.min(500 * 1.6 ** Math.min(failures - 2, 20), LONGEST_MS) * (0.75 + random / 2);
}

export class Link {
  /** `connecting`, `open`, `waiting` (to try again), `away` (told not to come back), `stopped`. */
  state = "stopped";

  /** When the next attempt is made (performance.now()); null unless waiting. */
  nextAt = null;

  #url;
  #owner;
  #socket = null;
  #timer = null;
  #failures = 0;
  #openedAt = null;
  #advice = null;
  #WebSocket;

  constructor(url, owner, { WebSocket = globalThis.WebSocket } = {}) {
    this.#url = url;
    this.#owner = owner;
    this.#WebSocket = WebSocket;
  }

  start() {
    if (this.state === "stopped") this.#open();
  }

  /** Say goodbye and stay away. */
  stop() {
    this.#let_go(1000);
    this.state = "stopped";
  }

  /** Send one message (an object); false if there is nothing to send it on. */
  say(message) {
    if (this.state !== "open" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Break off, and come back at once. */
  drop(why) {
    if (this.state === "open" || this.state === "connecting") this.#lost({ why });
  }

  /** The server announced that it will close: whether to come back, and after how many ms. */
  advised(comeBack, afterMs) {
    this.#advice = { comeBack, afterMs };
  }

  /** The phone woke, or the network is back: do not wait any longer. */
  wake() {
    if (this.state === "waiting") {
      this.retry();
    } else if (this.state === "open") {
      this.expect(PROBE_MS);
      this.#owner.probe();
    }
  }

  /** Connect now, even if we were told to stay away: somebody asked for it. */
  retry() {
    if (this.state !== "waiting" && this.state !== "away") return;
    this.#failures = 0;
    this.#open();
  }

  /** Something has to come within `ms`, or the connection is taken for dead. */
  expect(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.drop("silent"), ms);
  }

  #open() {
    clearTimeout(this.#timer);
    this.nextAt = null;
    this.state = "connecting";
    this.#advice = null;
    this.#openedAt = null;
    let socket;
    try {
      socket = new this.#WebSocket(this.#url, ["gamesync.v1"]);
    } catch {
      this.#lost({ why: "cannot connect" });
      return;
    }
    this.#socket = socket;
    // Whatever an older socket still has to say is not listened to.
    const ours = (handler) => (event) => socket === this.#socket && handler(event);
    socket.onopen = ours(() => {
      this.state = "open";
      this.#openedAt = performance.now();
      clearTimeout(this.#timer);
      this.#owner.opened();
    });
    socket.onmessage = ours((event) => {
      clearTimeout(this.#timer);
      let message;
      try {
        message = JSON.parse(event.data);
      } catch {
        this.drop("not a server of ours");
        return;
      }
      this.#owner.said(message);
    });
    socket.onclose = ours((event) => this.#lost({ why: event.reason, code: event.code }));
    this.#timer = setTimeout(() => this.drop("no answer"), OPEN_MS);
  }

  #lost({ why = "", code = 1006 } = {}) {
    const lasted = this.#openedAt === null ? 0 : performance.now() - this.#openedAt;
    const advice = this.#advice;
    this.#let_go();
    if (lasted >= STEADY_MS) this.#failures = 0;
    this.#failures += 1;
    const away = advice ? !advice.comeBack : STAY_AWAY.has(code);
    if (away) {
      this.state = "away";
    } else {
      const least = advice?.afterMs ?? AFTER_A_WHILE.get(code) ?? 0;
      // Those who were all told the same time should not all come at it.
      const wait = Math.max(delay(this.#failures), least * (1 + Math.random() / 4));
      this.state = "waiting";
      this.nextAt = performance.now() + wait;
      this.#timer = setTimeout(() => this.#open(), wait);
    }
    this.#owner.lost({ why, away, code });
  }

  #let_go(code) {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.nextAt = null;
    if (!socket) return;
    try {
      socket.close(code);
    } catch {
      // It was never open.
    }
  }
}
