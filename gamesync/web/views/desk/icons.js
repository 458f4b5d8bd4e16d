/** Signs beside words, drawn here: not every device's fonts have them. */

import { h } from "../../lib/dom.js";

const PATHS = {
  flag: "M5 21V4h11l-2 4 2 4H7v9z",
  unequal: "M5 8h14v2.6H5zM5 13.4h14V16H5zM14.6 4l2 .9-7.2 15.1-2-.9z",
  versions: "M4 7h11V3.5L21 8.5l-6 5V10H4zM20 17H9v3.5l-6-5 6-5V14h11z",
  alarm: "M12 5a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v6l4.6 2.7 1-1.7-3.6-2.1V8zM6.5 2.5 8 4 3.5 8 2 6.5zM17.5 2.5 16 4l4.5 4L22 6.5z",
  warn: "M12 3 1.5 21h21zm-1.1 7h2.2v6h-2.2zm0 7.2h2.2v2h-2.2z",
  hour: "M6 2h12v4l-4.5 6 4.5 6v4H6v-4l4.5-6L6 6zm2.4 2v1.4L12 10l3.6-4.6V4z",
  slow: "M10.7 4h2.6v10.6l4-4 1.9 1.8L12 19.6l-7.2-7.2 1.9-1.8 4 4z",
  pause: "M6 4h4.2v16H6zM13.8 4H18v16h-4.2z",
  play: "M7 4v16l13-8z",
  open: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm0 2.2a5.8 5.8 0 1 0 0 11.6 5.8 5.8 0 0 0 0-11.6z",
  pen: "M4 20l1-5L16 4l4 4L9 19zM15 6.5 17.5 9",
  tick: "M9.5 18.5 3.5 12.4l2-2 4 4.1L18.6 5.4l2 2z",
  dot: "M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  bolt: "M13.5 2 5 13.5h5.5L9 22l9.5-12.5H13z",
  screen: "M3 4h18v13H3zm2.2 2.2v8.6h13.6V6.2zM8 19h8v2H8z",
};

/** `icon("flag")`: says nothing by itself; words stand beside it. */
export const icon = (name) => h("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, h("path", { d: PATHS[name] }));
