/** Small pictures, drawn here: not every phone's font has the signs for them. */

import { h } from "../../lib/dom.js";

const PATHS = {
  turn: "M6 3v18M6 4h11l-3 4 3 4H6",
  clock: "M12 7v6l4 2M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18",
  pause: "M9 5v14M15 5v14",
  warn: "M12 4L2.5 20h19zM12 10v4.5M12 17v.5",
  undo: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 0 12",
  sheet: "M4 4h16v16H4zM4 10h16M4 15h16M11 4v16",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  hand: "M8 13V5.5a1.5 1.5 0 0 1 3 0V11V4a1.5 1.5 0 0 1 3 0v7V6a1.5 1.5 0 0 1 3 0v9a6 6 0 0 1-10.5 4L4 15a1.6 1.6 0 0 1 2.4-2z",
  check: "M4 12.5l5 5L20 6.5",
  waits: "M7 3h10M7 21h10M8 3c0 5 8 6 8 9s-8 4-8 9M16 3c0 5-8 6-8 9s8 4 8 9",
  phone: "M8 3h8v18H8zM11 18h2",
  news: "M4 10v4h4l7 5V5L8 10zM19 9c1 2 1 4 0 6",
};

/** A picture that says nothing by itself: words stand beside it. */
export const icon = (name) =>
  h("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d: PATHS[name] }));
