/** A world for the client without a network: time that the test moves, and a socket to talk at. */

const web = new URL("./web/", import.meta.url); // put there by test_web.py

/** A module of gamesync/web. */
export const load = (path) => import(new URL(path, web));

/** In place of the machine's: `setTimeout` and its kin, `performance.now`, `Date.now`. */
export class Time {
  now = 1_000;
  wall = 1_700_000_000_000;
  #timers = new Map();
  #last = 0;

  constructor() {
    const later = (every) => (act, ms = 0) => {
      this.#timers.set(++this.#last, { at: this.now + ms, act, every: every ? ms : null });
      return this.#last;
    };
    globalThis.setTimeout = later(false);
    globalThis.setInterval = later(true);
    globalThis.clearTimeout = globalThis.clearInterval = (timer) => this.#timers.delete(timer);
    globalThis.performance = { now: () => this.now };
    Date.now = () => this.wall;
  }

  /** Let `ms` pass, and all happen that is due by then. */
  async pass(ms = 0) {
    const end = this.now + ms;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(([, each]) => each.at <= end);
      if (!due.length) break;
      const [id, timer] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#go(Math.max(this.now, timer.at));
      if (timer.every === null) this.#timers.delete(id);
      else timer.at += timer.every;
      timer.act();
      await settled();
    }
    this.#go(end);
    await settled();
  }

  /** The machine sleeps: time of day goes on, timers and `performance.now` stand still. */
  sleep(ms) {
    this.wall += ms;
  }

  #go(to) {
    this.wall += to - this.now;
    this.now = to;
  }
}

/** All promises that can be kept by now are. */
const tick = setImmediate;
export const settled = () => new Promise((done) => tick(done));

/** The box: sockets that were opened to it, and what it says. */
export class Box {
  sockets = [];
  greeting = { protocol: 1, now: 50_000, epoch: "E1", heartbeat_ms: 5_000, client_id: "c1" };
  #time;
  /** Game time less local time. */
  offset = 49_000;
  /** What is answered by itself. */
  answers = { heartbeat: true, connect: null };

  constructor(time) {
    this.#time = time;
    const box = this;
    this.WebSocket = class {
      readyState = 0;
      said = [];
      constructor(url, protocols) {
        Object.assign(this, { url, protocols });
        box.sockets.push(this);
      }
      send(text) {
        if (this.readyState !== 1) throw new Error("not open");
        const message = JSON.parse(text);
        this.said.push(message);
        box.heard(this, message);
      }
      close(code) {
        this.closedWith = code ?? null;
        this.readyState = 3;
      }
    };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** Messages of a type that came on the newest socket. */
  said(type) {
    return this.socket.said.filter((message) => message.type === type);
  }

  last(type) {
    return this.said(type).at(-1);
  }

  /** Let the newest connection come about, and greet. */
  async open({ greet = true } = {}) {
    const { socket } = this;
    socket.readyState = 1;
    socket.onopen?.({});
    if (greet) this.say({ type: "connect", data: { ...this.greeting, now: this.#now() } });
    await settled();
  }

  say(message, socket = this.socket) {
    socket.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Close it from here. */
  async close(code, reason = "", socket = this.socket) {
    socket.readyState = 3;
    socket.onclose?.({ code, reason });
    await settled();
  }

  heard(socket, { type, data, id, game_id }) {
    if (type === "heartbeat" && this.answers.heartbeat) {
      const answer = { now: this.#now(), t0: data.t0, live: true };
      queueMicrotask(() => this.say({ type, data: answer }, socket));
    }
    const state = type === "connect" && this.answers.connect?.(game_id, data);
    if (state) queueMicrotask(() => this.say({ type, id, ...state }, socket));
  }

  #now() {
    return this.#time.now + this.offset;
  }
}

/** What a player is told who joins `game_id` at `version`. */
export const joined = (game_id, version, more = {}) => ({
  ...(game_id ? { game_id, version } : {}),
  data: {
    token: "t".repeat(43),
    device: "d1",
    role: "player",
    player: 1,
    rights: ["player:1"],
    epoch: "E1",
    ...(game_id ? { state: { scores: { n: 0 }, clock: null } } : {}),
    ...more,
  },
});

/** A change of the match as everybody is told it. */
export const change = (version, state, more = {}) => ({
  type: "score_update",
  game_id: "g1",
  version,
  data: { by: { role: "player", device: "d2" }, facts: [{ fact: "cell_stepped" }], state, ...more },
});
