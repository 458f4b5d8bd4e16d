/** The first script of every page: which view the address asks for, and that one put there. */

import { view } from "./lib/route.js";
import { fragment, query } from "./lib/address.js";
import { language, t } from "./lib/i18n.js";

/** Views that share parts have their style in common. */
const STYLES = { seat: ["parts", "seat"], host: ["parts", "host"] };

/** Ask for all that the view loads at once, and not for one after the other as each is read. */
function preload() {
  const listed = document.querySelector("meta[name=views]")?.content;
  for (const path of (listed ? JSON.parse(listed)[view] : null) ?? []) {
    const ahead = document.createElement("link");
    ahead.rel = "modulepreload";
    ahead.href = new URL(path, import.meta.url);
    document.head.append(ahead);
  }
}

/** A style sheet, once it is in force. */
function styled(name) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL(`css/${name}.css`, import.meta.url);
  document.head.append(style);
  return new Promise((resolve) => (style.onload = style.onerror = resolve));
}

async function show() {
  preload();
  document.documentElement.lang = language;
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  try {
    await Promise.all([import(`./views/${view}.js`), ...(STYLES[view] ?? [view]).map(styled)]);
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

// A link scanned into a tab that shows another place begins anew.
let shown = location.hash;
addEventListener("hashchange", () => {
  if (fragment().k || fragment().c || fragment().g !== fragment(shown).g) location.reload();
  shown = location.hash;
});
show();
