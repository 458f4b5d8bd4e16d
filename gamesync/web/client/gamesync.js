/**
 * gamesync.js: the client for pages. One connection, any number of games, the venue, the list.
 *
 *     import { Client } from "./gamesync.js";
 *     const client = new Client({ url: "ws://box:8765/ws" });
 *     client.start();
 *     const game = client.join({ game_id: "f3Kq…", key: "…" });
 *     game.addEventListener("change", () => draw(game.state, game.status));
 *     await game.send("score_update", { player: 1, category: "primary", delta: 5 });
 *
 * It behaves as the protocol asks (docs/protocol.md): connects again for ever and at once when the
 * phone wakes, resumes without a gap or says that it could not, sends a command again with its id
 * until it is answered, keeps the offset to the server's clock, and says when what is shown may not
 * be the truth any more.
 */

import { Tokens, newId } from "./ids.js";
import { Link } from "./link.js";
import { Lobby } from "./lobby.js";
import { ServerClock, clockShown } from "./offset.js";
import { HOST_KEEPS_MS, Outbox, PLAYER_KEEPS_MS, Refused } from "./outbox.js";
import { Stream } from "./stream.js";

export { Lobby, Refused, ServerClock, Stream, Tokens, clockShown, newId };

const LATER = new Set(["rate_limited", "storage", "overloaded"]);
const SLEPT_MS = 3_000; // timers that stood still for so long: the phone slept
const FIRST_BEATS_MS = [250, 500]; // one of three quick heartbeats had a short round trip

/** Events: `status` (detail: {status, why}), `outbox`. */
export class Client extends EventTarget {
  clock = new ServerClock();
  outbox = new Outbox();
  lobby = new Lobby(this);
  streams = new Set();
  /** What the server said in its greeting; null before. */
  greeting = null;
  /** Local time (performance.now()) since which what is shown may not be the truth; null: live. */
  staleSince = performance.now();
  /** Whether the server records what it is told. */
  durable = true;
  /** The code of a close that says not to come back; null: we do. */
  away = null;

  #link;
  /** Under which name the device token is kept. */
  slot;
  #tokens;
  #hello;
  #identified = false;
  #identifying = null;
  #heard = -Infinity;
  #beats = null;
  #timers = new Set();
  #watch = null;
  #looked = Date.now();
  #slept = false;
  #quick = [];
  #cutOff = true;
  #brokenAt = new Map();
  #questions = new Map();

  /**
   * `url`: of the WebSocket. `slot`: under which name the device token is kept; one for each place
   * that one browser may hold. `clientType`, `name`: as in `connect`. `beatMs`: how often the
   * running clock is told. `tokens`, `WebSocket`: other ones, for tests and for Node.
   */
  constructor({
    url,
    slot = "device",
    clientType = "observer",
    name = undefined,
    beatMs = undefined,
    tokens = new Tokens(),
    WebSocket = globalThis.WebSocket,
  }) {
    super();
    this.slot = slot;
    this.#tokens = tokens;
    this.#hello = { client_type: clientType, name, beat_ms: beatMs };
    const owner = {
      opened: () => {},
      said: (message) => this.#said(message),
      lost: (how) => this.#lost(how),
      probe: () => this.#beat(),
    };
    this.#link = new Link(url, owner, { WebSocket });
  }

  start() {
    this.#link.start();
    this.#looked = Date.now();
    this.#watch = setInterval(() => this.#look(), 500);
  }

  stop() {
    clearInterval(this.#watch);
    clearTimeout(this.#beats);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#link.stop();
    this.#lost({ why: "stopped", away: false });
    const stopped = new Refused({ code: "stopped" });
    this.outbox.fail(stopped);
    for (const question of this.#questions.values()) question.reject(stopped);
    this.#questions.clear();
  }

  /** The page is seen again, or the network is back: connect now, or see whether we still are. */
  wake() {
    this.#link.wake();
  }

  /** Connect now although the server told us to stay away: somebody asked for it. */
  retry() {
    this.away = null;
    this.#link.retry();
  }

  get connected() {
    return this.greeting !== null && this.#link.state === "open";
  }

  /** Whether what is shown can be believed, as far as the connection goes. */
  get live() {
    const patience = 2 * (this.greeting?.heartbeat_ms ?? 5_000);
    if (!this.connected || !this.durable || this.#slept) return false;
    return performance.now() - this.#heard <= patience;
  }

  /** When the next attempt to connect is made, in ms from now; null if none is planned. */
  get retryIn() {
    const { nextAt } = this.#link;
    return nextAt === null ? null : Math.max(0, nextAt - performance.now());
  }

  /** The device token, for `Authorization: Bearer` of exports; null before the first answer. */
  get token() {
    return this.#tokens.get(this.slot);
  }

  /** Game time now; null before the server has said what time it is. */
  now() {
    return this.clock.at(performance.now());
  }

  /**
   * Follow a game: `{game_id}` with the token or as everybody, `{game_id, key}` by a link,
   * `{code}` by a typed code; `{game_id: "venue"}` the venue. Returns its Stream at once.
   */
  join(way) {
    for (const stream of this.streams) {
      if (way.game_id && stream.id === way.game_id && !way.key) return stream;
    }
    const stream = new Stream(this, way);
    this.streams.add(stream);
    if (this.connected) this.#connect(stream);
    return stream;
  }

  leave(stream) {
    this.streams.delete(stream);
    const { id } = stream;
    this.outbox.fail(new Refused({ code: "stopped" }), id);
    const others = [...this.streams].some((other) => other.id === id);
    if (this.connected && id !== null && !others) this.#say("leave", {}, id);
  }

  /** See Stream.send; without a stream: `game_create`. */
  send(type, data, { gameId = null, stream = null, press = null, player = 0 } = {}) {
    this.#look(); // a tap that wakes us comes before the timers do
    const offline = this.#cutOff || (stream !== null && !stream.synced);
    const command = { type, data, gameId, press, player: player || stream?.player || 0, offline };
    const pending = this.outbox.put(command, performance.now());
    this.#flush();
    this.#tell("outbox");
    return pending.done;
  }

  /** Whether questions can be put now: connected, and the server knows who we are. */
  get ready() {
    return this.connected && this.#identified;
  }

  /**
   * A question: answered with a message of its own type, and asked until it is; with `once` only
   * on the connection of the moment, and refused as `lost` when that breaks.
   */
  ask(type, data, { gameId = null, once = false } = {}) {
    const id = newId();
    return new Promise((resolve, reject) => {
      const question = { type, data, id, gameId, once, resolve, reject };
      if (this.ready) this.#put(question);
      this.#questions.set(id, question);
    });
  }

  // -- messages

  #said(message) {
    this.#heard = performance.now();
    this.#slept = false;
    this.#handle(message);
    this.#flush();
    this.#look();
  }

  #handle(message) {
    const { type, data, id, game_id } = message;
    if (type === "connect" && "protocol" in data) return this.#greeted(data);
    if (type === "heartbeat") return this.#pong(data);
    if (type === "disconnect") {
      return this.#link.advised(data.come_back !== false, data.retry_after_ms ?? 0);
    }
    if (id !== undefined && id === this.#identifying) return this.#known(message);
    for (const stream of this.streams) {
      if (id !== undefined && id === stream.asked) return this.#answered(stream, message);
    }
    const question = this.#questions.get(id);
    if (question) return this.#told(question, message);
    if (type === "game_list") return this.lobby.news(data);
    for (const stream of this.streams) {
      if (game_id !== undefined && stream.id === game_id && !stream.received(message)) {
        this.#connect(stream);
      }
    }
    const pending = this.outbox.answered(message, performance.now());
    if (pending) this.#settle(pending, message);
  }

  #greeted(data) {
    this.greeting = data;
    this.durable = true;
    this.clock.greeted(data.now, performance.now());
    this.#quick = [...FIRST_BEATS_MS];
    this.#beat();
    if (this.streams.size) for (const stream of this.streams) this.#connect(stream);
    else this.#identify();
  }

  /** Say only who we are. */
  #identify() {
    this.#identifying = newId();
    this.#say("connect", { ...this.#who() }, null, this.#identifying);
  }

  #who() {
    const heartbeat_ms = this.greeting?.heartbeat_ms;
    return { ...this.#hello, token: this.token ?? undefined, heartbeat_ms };
  }

  #connect(stream) {
    stream.asked = newId();
    const { game_id, key, code } = stream.way;
    const data = { ...this.#who(), key, code, resume: key || code ? undefined : stream.resume };
    this.#say("connect", data, game_id, stream.asked);
  }

  #known({ type, data }) {
    this.#identifying = null;
    if (type === "error" && this.#expired(data) && this.token === null) {
      this.#identify();
    } else if (type === "error" && LATER.has(data.code)) {
      this.#later(data.retry_after_ms, () => this.#identify());
    } else if (type === "connect") {
      this.#keep(data.token);
      this.#welcome();
    }
  }

  #answered(stream, message) {
    const { type, data } = message;
    if (type === "error") {
      stream.asked = null;
      if (LATER.has(data.code)) {
        this.#later(data.retry_after_ms, () => this.streams.has(stream) && this.#connect(stream));
        return;
      }
      this.#expired(data);
      const error = new Refused(data);
      stream.refused(error);
      this.outbox.fail(error, stream.id);
      this.#welcome(); // where we may not go is settled; the rest goes on
      stream.dispatchEvent(new CustomEvent("change", { detail: null }));
      return;
    }
    this.#keep(data.token);
    const good = stream.joined(message);
    this.#welcome();
    if (!good) this.#connect(stream);
  }

  #welcome() {
    if (this.#identified) return;
    this.#identified = true;
    for (const question of this.#questions.values()) this.#put(question);
    this.lobby.ask();
  }

  /** Whether our token has become too old; then it is forgotten, and we are somebody new. */
  #expired({ code }) {
    if (code !== "token_expired") return false;
    this.#tokens.forget(this.slot);
    return true;
  }

  #keep(token) {
    if (token && token !== this.token) this.#tokens.set(this.slot, token);
  }

  #put({ type, data, gameId, id }) {
    this.#say(type, data, gameId, id);
  }

  #told(question, { type, data, id }) {
    if (type !== question.type && type !== "error") return;
    if (type === "error" && LATER.has(data.code)) {
      this.#later(data.retry_after_ms, () => this.#put(question));
      return;
    }
    this.#questions.delete(id);
    if (type === "error") question.reject(new Refused(data));
    else question.resolve(data);
  }

  #settle(pending, { type, data, version, game_id }) {
    if (type === "error") pending.fail(new Refused({ ...data, version }));
    else {
      const { already = false, detail = {} } = data;
      pending.settle({ version, already, detail, gameId: game_id });
    }
    this.#tell("outbox");
  }

  // -- commands

  #flush() {
    if (!this.ready) return;
    const streams = [...this.streams].filter((s) => s.id !== null && !s.refusal);
    const find = (gameId) => streams.find((s) => s.id === gameId);
    if (this.#cutOff) {
      // First all that happened while we were away, and what time it is.
      if (!streams.every((s) => s.synced) || !this.clock.best) return;
      this.#back(streams);
    }
    const pending = this.outbox.next(performance.now(), {
      serverAt: (local) => this.clock.at(local),
      ready: (gameId) => find(gameId)?.synced ?? true,
      keeps: (gameId) => (find(gameId)?.may("host") ? HOST_KEEPS_MS : PLAYER_KEEPS_MS),
    });
    if (pending) {
      // If it cannot be said the connection is closing, and it is sent again on the next one.
      if (!this.#say(pending.type, pending.data, pending.gameId, pending.id)) this.outbox.lost();
      return;
    }
    const wait = this.outbox.wait(performance.now());
    if (wait) this.#later(wait, () => this.#flush());
  }

  /** We know all that happened while we were away; now the others learn what we did. */
  #back(streams) {
    this.#cutOff = false;
    for (const stream of streams.filter((s) => s.may("host"))) {
      const since = this.#brokenAt.get(stream.id);
      if (since === undefined) continue;
      // Versions that touched neither clock nor turn do not contest what was pressed here.
      const version = stream.othersPressed > since ? since : stream.version;
      this.outbox.fold(stream.id, version, (local) => this.clock.at(local));
    }
    this.#brokenAt.clear();
  }

  #say(type, data, gameId, id) {
    return this.#link.say({ type, id, game_id: gameId ?? undefined, data });
  }

  // -- time and silence

  #beat() {
    clearTimeout(this.#beats);
    if (!this.greeting) return;
    const rtt_ms = this.clock.rtt === null ? undefined : Math.round(this.clock.rtt);
    if (!this.#link.say({ type: "heartbeat", data: { t0: performance.now(), rtt_ms } })) return;
    const interval = this.greeting.heartbeat_ms;
    this.#beats = setTimeout(() => this.#beat(), this.#quick.shift() ?? interval);
  }

  #pong({ now, t0, live = true }) {
    this.durable = live;
    if (typeof t0 === "number") this.clock.sample(now, t0, performance.now());
  }

  #later(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.connected) act();
    }, ms ?? 1_000);
    this.#timers.add(timer);
  }

  #lost({ why, away, code }) {
    for (const stream of this.streams) {
      if (!this.#cutOff && stream.synced) this.#brokenAt.set(stream.id, stream.version);
      stream.lost();
    }
    const wasConnected = this.connected || this.greeting !== null;
    this.greeting = null;
    this.#identified = false;
    this.#identifying = null;
    if (wasConnected) this.#cutOff = true;
    clearTimeout(this.#beats);
    this.outbox.lost();
    for (const [id, question] of this.#questions) {
      if (!question.once) continue;
      this.#questions.delete(id);
      question.reject(new Refused({ code: "lost" }));
    }
    this.away = away ? (code ?? 1000) : null;
    this.#look();
    this.#tell("status", { status: "stale", why });
    this.#tell("outbox");
  }

  /** Sleep and silence are noticed here; who listens is told when `live` has changed. */
  #look() {
    const now = Date.now(); // not performance.now(), which in some browsers stands in sleep
    const away = now - this.#looked;
    this.#looked = now;
    if (away > SLEPT_MS) {
      this.#slept = this.connected; // what time it is, is not known until somebody has said so
      this.wake();
    }
    const silent = performance.now() - this.#heard;
    if (this.connected && silent > 2 * this.greeting.heartbeat_ms) this.#link.drop("silent");
    const stale = !this.live;
    if (stale === (this.staleSince !== null)) return;
    this.staleSince = stale ? performance.now() : null;
    this.#tell("status", { status: stale ? "stale" : "live", why: "" });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
