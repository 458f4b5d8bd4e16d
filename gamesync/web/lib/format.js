/** Times and names as people read them. Pure. */

/**
 * A clock's milliseconds as text: `1:02:03`, `9:05`, `0:09.4`, `−1:30`. Counting down is rounded up
 * to the second, counting up down, so that 0:00 is not shown before it is true.
 */
export function clockText(ms, { mode = "down", tenths = true } = {}) {
  if (ms === null || ms === undefined) return "–:––";
  const over = ms < 0;
  const size = Math.abs(ms);
  if (tenths && mode === "down" && !over && size < 10_000) {
    const n = Math.ceil(size / 100);
    return `0:0${Math.floor(n / 10)}.${n % 10}`.replace("0:010.0", "0:10");
  }
  const up = mode === "down" && !over;
  const seconds = up ? Math.ceil(size / 1000) : Math.floor(size / 1000);
  const h = Math.floor(seconds / 3600);
  const m = Math.floor(seconds / 60) % 60;
  const s = String(seconds % 60).padStart(2, "0");
  const text = h ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
  return over && seconds ? `−${text}` : text;
}

/** A code to be typed, in two halves: `7KQ2 M4XP`. */
export const spaced = (code) => code.replace(/(.{4})(?=.)/g, "$1 ");

/** How long from now until the text of a running clock changes, in ms. */
export function untilNext(ms, { mode = "down", tenths = true } = {}) {
  const step = tenths && mode === "down" && ms >= 0 && ms < 10_000 ? 100 : 1000;
  const rest = mode === "down" ? ((ms % step) + step) % step : step - (((ms % step) + step) % step);
  return Math.max(16, rest || step);
}

/** A length of time as `2:05` (minutes and seconds) or `1:02:05`. */
export function lengthText(ms) {
  return clockText(Math.max(0, ms), { mode: "up" });
}

/** A signed number with a true minus: `+5`, `−3`, `0`. */
export function signed(n) {
  return n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0";
}

/** An ISO time as hours and minutes of the reader's zone. */
export function timeOfDay(iso, language) {
  return new Date(iso).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
