/** The page: its style, its texts, and the one view that the address asks for. */

import { query } from "./lib/address.js";
import { language, t } from "./lib/i18n.js";
import { view } from "./lib/route.js";

/** The view's style sheets, once they are in force. */
const styled = [...document.querySelectorAll("link[data-view]")].map((sheet) =>
  sheet.sheet || new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));

async function showPage() {
  document.documentElement.lang = language;
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  try {
    // What is sent as one script is here already.
    const here = customElements.get(`gs-${view}`) ?? import(`./views/${view}.js`);
    await Promise.all([here, ...styled]);
    document.body.replaceChildren(document.createElement(`gs-${view}`));
  } catch (error) {
    console.error(error);
    const again = document.createElement("button");
    again.textContent = t("common.reload");
    again.onclick = () => location.reload();
    const words = document.createElement("p");
    words.textContent = t("common.notLoaded");
    const page = document.createElement("main");
    page.className = "page";
    page.append(words, again);
    document.body.replaceChildren(page);
  }
}

showPage();
