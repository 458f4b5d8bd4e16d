/** One stream as the server tells it: a match, or the venue. Knows nothing of sockets. */

import { clockShown } from "./offset.js";

/**
 * Events: `change` (detail: the message that did it, or null after a whole new state), `presence`,
 * `status`.
 */
export class Stream extends EventTarget {
  /** The whole state, in sections; null before there is any. Treat it as read-only. */
  state = null;
  version = 0;
  epoch = "";
  /** What the last `connect` said: true, nothing was missed; false, the state was replaced. */
  recovered = null;
  device = "";
  role = "observer";
  player = 0;
  rights = [];
  /** In the venue: the places that this device holds there. */
  places = [];
  presence = { devices: [], observers: 0 };
  /** Why we are not let in (a Refused); null while we are. */
  refusal = null;
  /** The last version at which somebody else touched clock or turn. */
  othersPressed = 0;

  #client;
  #target = null;

  constructor(client, way) {
    super();
    this.#client = client;
    /** How to get in: `{game_id?, key?, code?}`; after the first time the token suffices. */
    this.way = way;
    this.asked = null; // id of the `connect` that is on its way
  }

  get id() {
    return this.way.game_id ?? null;
  }

  /** `live`: it can be believed. `stale`: perhaps not any more. `refused`: not let in. */
  get status() {
    if (this.refusal) return "refused";
    return this.#client.live && this.synced ? "live" : "stale";
  }

  /** Whether all that the server had told when we joined is here. */
  get synced() {
    return this.state !== null && !this.asked && (this.#target ?? 0) <= this.version;
  }

  get resume() {
    return this.state && this.epoch ? { epoch: this.epoch, version: this.version } : undefined;
  }

  /** What the clock of `player` shows now, in ms; null without a clock. */
  clock(player) {
    return clockShown(this.state?.clock, player, this.#client.now());
  }

  /** Whether this device holds one of `rights` here. */
  may(...rights) {
    return rights.some((right) => this.rights.includes(right));
  }

  /** Send a command; resolves with `{version, already, detail}`, or rejects with a Refused. */
  send(type, data = {}, options = {}) {
    return this.#client.send(type, data, { ...options, gameId: this.id, stream: this });
  }

  /** Ask a question (`history`, …); resolves with the answer's data. */
  ask(type, data = {}) {
    return this.#client.ask(type, data, { gameId: this.id });
  }

  /** Take no part any more. */
  leave() {
    this.#client.leave(this);
  }

  // -- what the client tells

  lost() {
    this.asked = null;
    this.#target = null;
  }

  /** The answer to our `connect`. Returns false if what we have is of no use: ask again. */
  joined({ data, game_id, version }) {
    const had = this.rights.length > 0;
    this.asked = null;
    this.refusal = null;
    this.way = { game_id };
    for (const name of ["device", "role", "player", "rights"]) this[name] = data[name];
    this.places = data.places ?? [];
    this.recovered = data.recovered ?? null;
    this.epoch = data.epoch;
    if (data.state) {
      this.#replace(data.state, version);
    } else if (had !== this.rights.length > 0) {
      this.epoch = ""; // what we have is what others see: it has to come anew
      return false;
    } else {
      this.#target = version; // what we missed follows, up to here
    }
    this.#tell("change", null);
    return true;
  }

  refused(error) {
    this.asked = null;
    this.refusal = error;
  }

  /** Any message about this stream. Returns false if versions are missing: ask to resume. */
  received(message) {
    const { type, data, version } = message;
    if (type === "presence") {
      this.presence = data;
      this.#tell("presence", message);
      return true;
    }
    if (type === "game_state" && data.state && !data.by) {
      this.#replace(data.state, version);
      this.#tell("change", null);
      return true;
    }
    if (version === undefined) return true;
    const change = data.state && data.facts;
    if (version <= this.version) return true;
    if (!change || !this.state || version !== this.version + 1) {
      // A beat, an answer: what led up to its version came before it.
      return Boolean(this.asked) || (this.#target ?? 0) > this.version;
    }
    this.#apply(message);
    this.#tell("change", message);
    return true;
  }

  #replace(state, version) {
    this.state = { ...state };
    this.version = version ?? 0;
    this.othersPressed = this.version; // who pressed what on the way here is not known
    this.#target = null;
  }

  #apply({ data, version }) {
    this.state = { ...this.state, ...data.state };
    this.version = version;
    const pressed = "clock" in data.state || "turn" in data.state;
    const linkLost = data.facts.every((f) => f.fact === "clock_paused" && f.reason === "link");
    if (pressed && data.by?.device !== this.device && !(linkLost && data.facts.length)) {
      this.othersPressed = version;
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
