/** Which view the address asks for. The page's root element is told before anything else is loaded. */

import { fragment, query } from "./address.js";

/** Views by name, each a module in `views/` that defines the element `gs-<name>`. */
const VIEWS = new Set(["lobby", "host", "seat", "board", "overlay", "desk", "report", "cards", "enter"]);
const BY_PLACE = { host: "host", "player:1": "seat", "player:2": "seat", observer: "board" };

/** The view that an address asks for: `?view=` says it, else the place that a link leads to. */
export function viewOf(search, parts) {
  const asked = search.get("view");
  if (VIEWS.has(asked)) return asked;
  if (parts.g) return BY_PLACE[parts.p] ?? "board";
  // A typed code or a key of the venue says only when it is used what it is for.
  if (parts.k || parts.c) return "enter";
  if (parts.v) return { official: "desk", participant: "seat", table: "host" }[parts.v.split(":")[0]] ?? "lobby";
  return "lobby";
}

/** The view of this page. */
export const view = viewOf(query, fragment());

document.documentElement.dataset.view = view;
