/** What the address says of how the overlay looks and behaves. Pure. */

export const PARTS = ["names", "scores", "clock", "round", "cp", "cells"];
const USUAL = ["names", "scores", "clock", "round", "cp"];
const THEMES = ["dark", "light", "glass", "plain"];
const DELAY_MAX_S = 900;

/** Options of `search` (URLSearchParams), each with what holds if it is absent or makes no sense. */
export function options(search) {
  const asked = (search.get("parts") ?? "").split(",").map((part) => part.trim());
  const parts = asked.filter((part) => PARTS.includes(part));
  const theme = search.get("theme");
  return {
    theme: THEMES.includes(theme) ? theme : "dark",
    position: search.get("position") === "top" ? "top" : "bottom",
    parts: new Set(parts.length ? parts : USUAL),
    scale: within(search.get("scale"), 0.3, 3, 1),
    delayMs: within(search.get("delay"), 0, DELAY_MAX_S, 0) * 1000,
    animate: search.get("animate") !== "0",
    frozen: search.get("freeze") === "1",
    debug: search.get("debug") === "1",
    accents: [colour(search.get("accent1")), colour(search.get("accent2"))],
  };
}

function within(text, least, most, otherwise) {
  const number = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(number) ? Math.min(most, Math.max(least, number)) : otherwise;
}

/** `#0a5ba8`, `0a5ba8`, `fa0`, `tomato`: a colour as CSS has it; null if it is none. */
export function colour(text) {
  if (!text) return null;
  const value = /^[0-9a-f]{3}([0-9a-f]{3})?$/i.test(text) ? `#${text}` : text;
  return globalThis.CSS?.supports("color", value) === false ? null : value;
}

/** Black or white, whichever is read better on a colour given as `#rrggbb`; else null. */
export function inkOn(value) {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(value);
  const hex = short ? `#${short.slice(1).map((d) => d + d).join("")}` : value;
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return null;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}
