/** The first script of every page: finds out which view it is, and gets what that needs. */

import { base, fragment } from "./lib/address.js";
import { view } from "./lib/route.js";

// A link scanned into a tab that shows another place begins anew.
let shown = location.hash;
addEventListener("hashchange", () => {
  if (fragment().k || fragment().c || fragment().g !== fragment(shown).g) location.reload();
  shown = location.hash;
});

add("stylesheet", `css/${view}.css`).dataset.view = view;

// What phones load comes as one script, for each request costs them a while; the rest is told ahead.
const { joined = [], views = {} } = JSON.parse(document.querySelector("meta[name=modules]")?.content ?? "{}");
for (const path of views[view] ?? []) add("modulepreload", path);
import(joined.includes(view) ? `./${view}.joined.js` : "./page.js").catch(comeBack);

/** Something did not come: a network that broke, or a server that has other files by now. */
async function comeBack(error) {
  console.error(error);
  // A page that nobody stands before has to be whole again by itself; and not before there is one.
  do await new Promise((resolve) => setTimeout(resolve, 3_000));
  while (!(await fetch(base, { cache: "no-store" }).then(({ ok }) => ok, () => false)));
  location.reload();
}

function add(rel, path) {
  const link = document.createElement("link");
  Object.assign(link, { rel, href: new URL(path, import.meta.url) });
  document.head.append(link);
  return link;
}
