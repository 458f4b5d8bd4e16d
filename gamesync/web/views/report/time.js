/** Times of day and dates as the reader writes them; hours always count to 24. */

import { language } from "../../lib/i18n.js";

// "en" alone would be American.
const locale = () => navigator.languages?.find((tag) => tag.startsWith(`${language}-`)) ?? (language === "en" ? "en-GB" : language);

export const dayOf = (date) => date.toLocaleDateString(locale(), { weekday: "short", day: "numeric", month: "long", year: "numeric" });

export const timeOf = (date, seconds = false) =>
  date.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }), hourCycle: "h23" });
