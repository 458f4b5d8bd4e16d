/** Who plays what: name, faction and, where the rules have them, disposition and list. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

const OWNER_KEPT_AS = "gamesync:me";
const FIELDS = ["name", "faction", "detachment", "disposition", "list_link"];
const DISPOSITIONS = ["Take and Hold", "Purge the Foe", "Disruption", "Reconnaissance", "Priority Assets"];

/** What this phone remembers of its owner: `{name, faction, detachment …}`. */
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(OWNER_KEPT_AS)) ?? {};
  } catch {
    return {};
  }
}

function remember(values) {
  try {
    localStorage.setItem(OWNER_KEPT_AS, JSON.stringify({ ...remembered(), ...values }));
  } catch {
    // It is asked again next time.
  }
}

/** The value a field begins with: as the game has it, else as this phone remembers its owner. */
export function start(view, field) {
  const { state } = view.game;
  const held = state.players[view.me - 1][field];
  if (held) return held;
  const mine = remembered();
  // A faction of another game would only have to be wiped out.
  if (field !== "name" && mine.ruleset !== state.ruleset.id) return "";
  return field === "list_link" ? "" : mine[field] ?? "";
}

/** The fields; their values are read from the form when it is sent, so that typing is never undone. */
export function profileForm(view) {
  const { state } = view.game;
  const newest = state.ruleset.id.startsWith("wh40k-11");
  const armies = state.ruleset.categories.length > 0;
  const problem = view.taps.problem("profile");
  return [
    field(view, "name", { maxlength: 40, autocomplete: "name", enterkeyhint: "done", required: true }),
    armies && field(view, "faction", { maxlength: 40 }),
    armies && newest && h("label", { class: "field" }, h("span", {}, t("seat.fields.disposition")),
      h("select", { name: "disposition", ref: fill(view, "disposition") },
        h("option", { value: "" }, "–"), DISPOSITIONS.map((each) => h("option", { value: each }, each)))),
    armies && h("details", {},
      h("summary", {}, t("seat.moreOfArmy")),
      h("div", { class: "stack" },
        field(view, "detachment", { maxlength: 40 }),
        field(view, "list_link", { type: "url", maxlength: 500, inputmode: "url", placeholder: "https://" }))),
    problem && h("p", { class: "error", role: "alert" }, problem),
  ];
}

function field(view, name, props) {
  return h("label", { class: "field" }, h("span", {}, t(`seat.fields.${name}`)),
    h("input", { name, autocomplete: "off", ref: fill(view, name), ...props }));
}

const fills = new WeakMap();

/** Sets a field once, when it is made; the same function each time it is drawn. */
function fill(view, name) {
  if (!fills.has(view)) fills.set(view, {});
  return (fills.get(view)[name] ??= (element) => element && queueMicrotask(() => (element.value = start(view, name))));
}

/** Send what differs. Resolves with whether all is well. */
export async function sendProfile(view, form) {
  const { game, me } = view;
  const held = game.state.players[me - 1];
  const values = {};
  const changed = {};
  for (const name of FIELDS) {
    const element = form.elements[name];
    if (!element) continue;
    values[name] = element.value.trim();
    if (values[name] !== held[name]) changed[name] = values[name];
  }
  remember({ ...values, list_link: undefined, ruleset: game.state.ruleset.id });
  if (!Object.keys(changed).length) return true;
  return (await view.taps.send("profile", t("seat.nameAndArmy"), "setup", { op: "profile", player: me, ...changed })) !== null;
}
