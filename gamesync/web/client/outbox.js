/**
 * Commands on their way: each kept, with its id, until the server has answered it. Pure.
 *
 * One is on its way at a time, so that their order is that of the taps whatever is refused, delayed
 * or sent again. Times are local ms (performance.now()).
 */

import { newId } from "./ids.js";

export const PLAYER_KEEPS_MS = 10_000;
export const HOST_KEEPS_MS = 600_000;
const BATCH_MAX = 200;
const AGAIN = new Set(["rate_limited", "overloaded", "storage", "internal"]);
const INTERNAL_TRIES = 3;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** The command was refused, and changed nothing. `message` is a sentence for people, in English. */
export class Refused extends Error {
  constructor({ code, message = code, field = null, detail = {}, version = null }) {
    super(message);
    this.name = "Refused";
    /** One of the protocol's codes; of the client's own: `too_old`, `stopped`, `lost`. */
    this.code = code;
    this.field = field?.replace(/^data\./, "") ?? null;
    this.detail = detail;
    this.version = version;
  }
}

/** One command until its answer is there. */
class Pending {
  constructor(command, madeAt) {
    Object.assign(this, { press: null, player: 0, offline: false, question: false }, command);
    this.data = { ...command.data };
    this.madeAt = madeAt;
    this.id = newId();
    this.sent = false; // the server may know it: from now on it stays as it is
    this.onItsWay = false;
    this.notBefore = -Infinity;
    this.tries = 0;
    this.folded = []; // the presses that this batch stands for
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.done.catch(() => {}); // whoever cares has his own
  }

  settle(answer) {
    for (const each of [this, ...this.folded]) each.resolve(answer);
  }

  fail(error) {
    for (const each of [this, ...this.folded]) each.reject(error);
  }
}

export class Outbox {
  #queue = [];

  /** What is not answered yet, in order; for a screen that shows it. */
  get waiting() {
    return [...this.#queue];
  }

  /**
   * Queue a command: `{type, data, gameId, press?, player?, offline?, question?}`. `press` is
   * `turn`, `switch`, `pause` or `resume`: a thing of the moment, that is not sent when it is old.
   */
  put(command, now) {
    const pending = new Pending(command, now);
    this.#queue.push(pending);
    return pending;
  }

  /** The connection is gone: what was on its way has to be sent again, as it was. */
  lost() {
    for (const pending of this.#queue) {
      pending.onItsWay = false;
      pending.notBefore = -Infinity;
    }
  }

  /**
   * The command to send now, if there is one; it is on its way then.
   *
   * `serverAt(local)` is game time; `ready(gameId)` whether that stream is in step; `keeps(gameId)`
   * how old a press may be when it is sent.
   */
  next(now, { serverAt, ready, keeps }) {
    while (this.#queue.length) {
      const head = this.#queue[0];
      if (head.onItsWay || head.notBefore > now || !ready(head.gameId)) return null;
      if (head.press && now - head.madeAt > keeps(head.gameId)) {
        this.#queue.shift();
        head.fail(tooOld(head, now));
        continue;
      }
      const dated = head.press === "turn" || head.press === "switch";
      // Always: a link may be dead for a while before we see it, and what is sent again may not
      // be another than what was sent.
      if (!head.sent && dated && head.data.pressed_at === undefined) {
        const pressed = serverAt(head.madeAt);
        if (pressed !== null) head.data.pressed_at = Math.max(0, Math.round(pressed));
      }
      head.sent = true;
      head.onItsWay = true;
      return head;
    }
    return null;
  }

  /** How long until `next` is worth asking again, in ms; null: until something happens. */
  wait(now) {
    const head = this.#queue[0];
    return !head || head.onItsWay ? null : Math.max(0, head.notBefore - now);
  }

  /** The command that `message` answers for good, its promise settled; else null. */
  answered(message, now) {
    const head = this.#queue[0];
    if (!head || message.id !== head.id || !head.sent) return null;
    const wanted = head.question ? head.type : "ack";
    if (message.type === "error" && this.#again(head, message, now)) return null;
    if (message.type !== "error" && message.type !== wanted) return null;
    this.#queue.shift();
    return head;
  }

  /**
   * Make one `batch` of the presses made without a connection; for the table's own device. All are
   * told, however old: where they cannot be honoured an official has to see them.
   */
  fold(gameId, sinceVersion, serverAt) {
    const loose = this.#queue
      .filter((p) => p.gameId === gameId && p.press && p.offline && !p.sent)
      .slice(0, BATCH_MAX);
    if (!loose.length || serverAt(loose[0].madeAt) === null) return;
    const presses = loose.map((p) => ({
      kind: p.press,
      player: p.player,
      pressed_at: Math.max(0, Math.round(serverAt(p.madeAt))),
    }));
    const data = { op: "batch", presses, since_version: sinceVersion };
    const batch = new Pending({ type: "timer_update", gameId, data }, loose[0].madeAt);
    batch.folded = loose;
    const at = this.#queue.indexOf(loose[0]);
    this.#queue = this.#queue.map((p, i) => (i === at ? batch : p));
    this.#queue = this.#queue.filter((p) => !loose.includes(p));
  }

  /** Nothing of this will be sent any more; with `gameId` only what is that game's. */
  fail(error, gameId) {
    const gone = this.#queue.filter((p) => gameId === undefined || p.gameId === gameId);
    this.#queue = this.#queue.filter((p) => !gone.includes(p));
    for (const pending of gone) pending.fail(error);
  }

  /** Whether an error is one of those after which the same is sent again, later. */
  #again(head, { data }, now) {
    head.tries += 1;
    if (!AGAIN.has(data.code)) return false;
    if (data.code === "internal" && head.tries >= INTERNAL_TRIES) return false;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(head.tries - 1, 10), LONGEST_WAIT_MS);
    head.onItsWay = false;
    head.notBefore = now + (data.retry_after_ms ?? wait);
    return true;
  }
}

function tooOld(head, now) {
  const seconds = Math.round((now - head.madeAt) / 1000);
  const message = head.sent
    ? `sent ${seconds} s ago and never answered: look whether it counted`
    : `pressed ${seconds} s ago, without a connection: press again if it still holds`;
  return new Refused({ code: "too_old", message, detail: { sent: head.sent, seconds } });
}
