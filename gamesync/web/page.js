/** The page: its style, its texts, and the one view that the address asks for. */

import { query } from "./lib/address.js";
import { language } from "./lib/i18n.js";
import { view } from "./lib/route.js";

/** The view's style sheets, once they are in force. */
const styled = [...document.querySelectorAll("link[data-view]")].map((sheet) =>
  sheet.sheet || new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));

document.documentElement.lang = language;
const theme = query.get("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
// What is sent as one script is here already.
const element = customElements.get(`gs-${view}`) ?? import(`./views/${view}.js`);
await Promise.all([element, ...styled]);
document.body.replaceChildren(document.createElement(`gs-${view}`));
