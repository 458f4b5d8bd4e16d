/**
 * The page's one Client, and the way into the game that the address names.
 *
 * A secret of a link is traded for a place of this device; then it leaves the address, and the
 * token in this browser's storage is enough. Tokens are kept for each place, so that a host, both
 * seats and a board may live in tabs side by side.
 */

import { Client, Tokens } from "../client/gamesync.js";
import { fragment, setFragment, socketUrl } from "./address.js";

const tokens = new Tokens();

/** A started Client that keeps its token under `slot`. */
export function connect(slot, options = {}) {
  const client = new Client({ url: socketUrl(), slot, tokens, ...options });
  client.start();
  const leave = (event) => event.persisted || client.stop();
  globalThis.addEventListener("pagehide", leave);
  // A page may have several in its time.
  client.addEventListener("status", ({ detail }) => {
    if (detail.why === "stopped") globalThis.removeEventListener("pagehide", leave);
  });
  return client;
}

/**
 * Client and Stream for the game of the address (`#g=…&p=…&k=…`). Once inside, `k` is taken out of
 * the address.
 */
export function enterGame(options = {}) {
  const { g, p = "observer", k } = fragment();
  const client = connect(`${g}/${p}`, options);
  const game = client.join({ game_id: g, key: k });
  if (k) {
    game.addEventListener("change", function used() {
      if (game.refusal || !game.state) return;
      game.removeEventListener("change", used);
      setFragment({ g, p });
    });
  }
  return { client, game };
}

/** The places that this browser holds in games: `[{g, p}]`. */
export function places() {
  return tokens.slots().flatMap((slot) => {
    const found = /^([\w-]+)\/(host|player:[12])$/.exec(slot);
    return found && found[1] !== "venue" ? [{ g: found[1], p: found[2] }] : [];
  });
}

/** The officials' places that this browser holds: `["official:abc"]`. */
export function offices() {
  return tokens.slots("venue/official:").map((slot) => slot.slice("venue/".length));
}

/** Forget the places in games that are over or gone. */
export function forget(g, p) {
  tokens.forget(`${g}/${p}`);
}

/** Keep the token of `client` under `slot` as well, for the page that goes on from here. */
export function share(client, slot) {
  if (client.token) tokens.set(slot, client.token);
}

/** Keep the token of `client` under `slot`, the name of the place that it turned out to be. */
export function settle(client, slot) {
  if (client.token) tokens.set(slot, client.token);
  tokens.forget(client.slot);
}
