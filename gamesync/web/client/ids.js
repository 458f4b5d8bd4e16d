/** Ids of commands, and the store of device tokens. */

const ID_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A new id for a command. (crypto.randomUUID is for secure contexts only; a LAN is none.) */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return Array.from(bytes, (byte) => ID_SIGNS[byte & 63]).join("");
}

/** The browser's store, if this page may have one: where it may not, even asking throws. */
function own() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/**
 * Device tokens by name of the place that they hold (`<game>/player:1`, `venue` …), so that two
 * seats can be played from two tabs. Kept in localStorage where there is one, else for this page.
 */
export class Tokens {
  #storage;
  #kept = new Map();

  constructor(storage = own()) {
    this.#storage = storage;
  }

  get(slot) {
    try {
      return this.#storage.getItem(`gamesync:${slot}`) ?? this.#kept.get(slot) ?? null;
    } catch {
      return this.#kept.get(slot) ?? null; // no storage, or forbidden
    }
  }

  set(slot, token) {
    this.#kept.set(slot, token);
    try {
      this.#storage.setItem(`gamesync:${slot}`, token);
    } catch {
      // It holds as long as this page does.
    }
  }

  /** The names under which tokens are kept that begin with `prefix`. */
  slots(prefix = "") {
    const found = new Set(this.#kept.keys());
    try {
      for (const key of Object.keys(this.#storage)) {
        if (key.startsWith("gamesync:")) found.add(key.slice("gamesync:".length));
      }
    } catch {
      // Only what this page knows.
    }
    return [...found].filter((slot) => slot.startsWith(prefix));
  }

  forget(slot) {
    this.#kept.delete(slot);
    try {
      this.#storage.removeItem(`gamesync:${slot}`);
    } catch {
      // There was nothing to forget.
    }
  }
}
