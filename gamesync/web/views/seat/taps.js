/** What this phone has asked for and what has become of it. */

import { refusal, t } from "../../lib/i18n.js";
import { signed } from "../../lib/format.js";
import { toast } from "../../parts/toasts.js";

const COUNTED_MS = 1_800;

/** Sends taps; says of each whether it is on its way, counted, or refused and why. */
export class Taps {
  #view;
  #counted = new Map();
  #problems = new Map();

  constructor(view) {
    this.#view = view;
  }

  /**
   * Send a command. `key` names what it is about (`cell:primary/2`, `cp`), so that the screen can
   * say there how it went; `what` says it in words, for a refusal that comes late.
   */
  async send(key, what, type, data = {}, options = {}) {
    const { game } = this.#view;
    const away = game.status !== "live";
    this.#problems.delete(key);
    try {
      const answer = await game.send(type, data, options);
      this.#mark(this.#counted, key, true, COUNTED_MS);
      return answer;
    } catch (error) {
      this.#refused(key, what, error, away, options);
      return null;
    } finally {
      this.#view.update();
    }
  }

  /** The same, when a refusal is the caller's to deal with. */
  raw(type, data, options) {
    return this.#view.game.send(type, data, options);
  }

  /** Why the last tap of `key` was refused; what was refused in another turn is of no interest. */
  problem(key) {
    const found = this.#problems.get(key);
    return found?.moment === this.#moment ? found.why : null;
  }

  counted = (key) => this.#counted.has(key);
  dismiss = (key) => this.#problems.delete(key);

  get #moment() {
    const { status, turn } = this.#view.game.state;
    return `${status}/${turn.turn}`;
  }

  #refused(key, what, error, away, options) {
    if (error.code === "stopped") return;
    if (!error.code) console.error(error);
    const why = error.code ? this.#why(error) : String(error.message);
    this.#problems.set(key, { why, moment: this.#moment });
    const open = this.#view.modal?.keys?.(key);
    if (open && !away) return;
    const again = error.code === "too_old" && options.again;
    toast(what ? t("seat.notCounted", { what, why }) : why, {
      ms: away || again ? 0 : 9_000,
      ...(again && { action: options.again, label: t("seat.pressAgain") }),
    });
  }

  #why(error) {
    if (error.code === "conflict" && error.detail.value !== undefined) {
      return t("seat.conflictNow", { value: error.detail.value });
    }
    if (error.code === "out_of_range" && error.detail.cap !== undefined) {
      return t("seat.overCap", { cap: error.detail.cap });
    }
    return refusal(error);
  }

  #mark(map, key, value, ms) {
    map.set(key, value);
    setTimeout(() => {
      map.delete(key);
      this.#view.update();
    }, ms);
  }
}

/** What waits for its answer: of a cell, of command points, of the clock's keys. */
export function waiting(client, game) {
  const mine = client.outbox.waiting.filter((pending) => pending.gameId === game.id);
  const cells = new Map();
  const cp = { 1: 0, 2: 0 };
  for (const { type, data } of mine) {
    if (type !== "score_update") continue;
    if (data.cp_delta) cp[data.player] += data.cp_delta;
    if (!data.category) continue;
    const key = `${data.player}/${data.category}/${data.round}`;
    const before = cells.get(key) ?? { value: null, delta: 0 };
    if (data.value !== undefined) cells.set(key, { value: data.value, delta: 0 });
    else cells.set(key, { ...before, delta: before.delta + data.delta });
  }
  const press = mine.find((pending) => pending.press)?.press ?? null;
  const of = (type, op) => mine.some((p) => p.type === type && (!op || p.data.op === op));
  return { cells, cp, press, of, n: mine.length };
}

/** What waits of one cell, as it is written beside its value: `→ 10`, `+5`. */
export function waitingWords(wait) {
  if (!wait) return "";
  if (wait.value === null) return wait.delta ? signed(wait.delta) : "";
  return `→ ${wait.value + wait.delta}`;
}
