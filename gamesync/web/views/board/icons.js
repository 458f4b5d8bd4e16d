/** Small signs as SVG, so that no screen's fonts decide what they look like. */

import { h } from "../../lib/dom.js";

const PATHS = {
  turn: "M6 4l13 8-13 8z",
  clock: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2.6a7.4 7.4 0 1 1 0 14.8 7.4 7.4 0 0 1 0-14.8zM10.8 6.6h2.4v5l3.6 2.1-1.2 2.1-4.8-2.8z",
  pause: "M5 4h5v16H5zM14 4h5v16h-5z",
  low: "M5 2h14v3.2l-5 6.8 5 6.8V22H5v-3.2l5-6.8-5-6.8zm3.4 2.6 3.6 5 3.6-5z",
  flag: "M5 2h2.4v1.5H20l-3.4 5 3.4 5H7.4V22H5z",
  judge: "M12 2a4 4 0 0 1 4 4 4 4 0 0 1-8 0 4 4 0 0 1 4-4zM4 22c0-6 3-10 8-10s8 4 8 10z",
  review: "M12 5c5 0 8.6 4 10 7-1.4 3-5 7-10 7S3.400 15 2 12c1.400-3 5-7 10-7zm0 2.600A4.400 4.400 0 1 0 12 16.400a4.400 4.400 0 0 0 0-8.800zm0 2.200a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400z",
  win: "M6 2h12v2h4v3c0 3-2 5-4.600 5.300A6.200 6.200 0 0 1 13.200 16v2.600H17V22H7v-3.400h3.800V16a6.200 6.200 0 0 1-4.200-3.700C4 12 2 10 2 7V4h4zm-1.800 4.200V7c0 1.400.7 2.500 1.800 2.900zm15.600 0H18v3.700c1.100-.4 1.800-1.500 1.800-2.900z",
  news: "M3 9v6h4l8 5V4L7 9zm14.500-1v8a4.500 4.500 0 0 0 0-8z",
};

export function icon(name) {
  return h("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    h("path", { d: PATHS[name], fill: "currentColor", "fill-rule": "evenodd" }));
}
