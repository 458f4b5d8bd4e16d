/** A screen that only shows: its connection, and that it does not sleep. */

import { Client, Tokens } from "../../client/gamesync.js";
import { socketUrl } from "../../lib/address.js";
import { Awake } from "../../lib/awake.js";
import { connect } from "../../lib/session.js";

/**
 * A started Client. A named display is a device that the desk knows again; any other screen is one
 * for as long as its tab lives, so that many of them (a stream has one for each part) do not share
 * the connections that one device may have.
 */
export function openScreen(display) {
  if (display) return connect(`display/${display}`, { name: display });
  let store;
  try {
    store = globalThis.sessionStorage;
  } catch {
    // Forbidden: it is a new device after each load.
  }
  const client = new Client({ url: socketUrl(), slot: "screen", tokens: new Tokens(store ?? null) });
  client.start();
  globalThis.addEventListener("pagehide", (event) => event.persisted || client.stop());
  return client;
}

/** Keep the screen on: at once, for nobody taps on a wall; and again with a tap, should one come. */
export function stayAwake() {
  const now = new EventTarget();
  const awake = new Awake(now);
  awake.addEventListener("change", () => {
    if (awake.how !== "none") return;
    awake.stop();
    new Awake();
  });
  now.dispatchEvent(new Event("pointerup"));
}
