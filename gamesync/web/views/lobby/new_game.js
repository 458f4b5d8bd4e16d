/** The dialog in which a game is made; its maker goes on as its host. */

import { link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { refusal, t } from "../../lib/i18n.js";
import { connect, offices, share } from "../../lib/session.js";
import { dialog } from "../../parts/dialog.js";
import { refused } from "../../parts/toasts.js";

const KEPT = "gamesync:new-game";

/**
 * Ask for what a game needs, make it, and go to its host page. `at`: the venue's table `{table, name}`
 * whose own screen this is; the game is put there, and the page follows by itself.
 */
export function newGame(client, box, at = null) {
  const last = remembered();
  const form = { ruleset: chosenRules(box, last.ruleset), profile: last.profile ?? "club", clock: last.clock ?? "" };
  const closed = box.hosting !== "open" && !offices().length;
  let error = null;
  let busy = false;

  const submit = async (event, close) => {
    event.preventDefault();
    const { elements } = event.target;
    const value = (name) => elements[name]?.value.trim() ?? "";
    busy = true;
    error = null;
    shown.redraw();
    try {
      const id = await make(client, box, { ...form, one: value("one"), two: value("two"), table: at?.name ?? value("table"), key: value("key"), hidden: elements.hidden.checked });
      close(id);
    } catch (no) {
      error = refusal(no);
      busy = false;
      shown.redraw();
    }
  };
  const set = (name) => (event) => {
    form[name] = event.target.value;
    shown.redraw();
  };

  const shown = dialog(t("lobby.newGame"), (close) => [
    h("form", { class: "stack", onsubmit: (event) => submit(event, close) },
      field(t("lobby.ruleset"), h("select", { value: form.ruleset, onchange: set("ruleset") },
        box.rulesets.map(({ id, name, edition }) => h("option", { value: id, key: id }, edition ? `${name} (${edition})` : name)))),
      h("div", { class: "two" },
        field(t("lobby.player1"), h("input", { name: "one", maxlength: 40, autocomplete: "off" })),
        field(t("lobby.player2"), h("input", { name: "two", maxlength: 40, autocomplete: "off" }))),
      h("p", { class: "quiet small" }, t("lobby.namesLater")),
      h("div", { class: "two" },
        field(t("lobby.profile"), h("select", { value: form.profile, onchange: set("profile") },
          box.profiles.map((id) => h("option", { value: id, key: id }, t(`lobby.profiles.${id}`))))),
        field(t("lobby.clock"), h("select", { value: form.clock, onchange: set("clock") },
          h("option", { value: "" }, t("lobby.clockOfRules")),
          box.clocks.map((clock) => h("option", { value: clock.id, key: clock.id }, clockName(clock)))))),
      !at && field(t("lobby.tableName"), h("input", { name: "table", maxlength: 40, autocomplete: "off" })),
      closed && field(t("lobby.key"), h("input", { name: "key", type: "password", maxlength: 64, required: true, autocomplete: "off" })),
      h("label", { class: "check" }, h("input", { name: "hidden", type: "checkbox" }), t("lobby.byLinkOnly")),
      error && h("p", { class: "error", role: "alert" }, error),
      h("div", { class: "row" },
        h("button", { class: "main grow", disabled: busy }, t("lobby.make")),
        h("button", { class: "grow", type: "button", onclick: () => close(null) }, t("common.cancel")))),
  ]);
  shown.then((id) => {
    if (!id) return;
    if (at) client.send("assign", { op: "game", table: at.table, game: id }).catch(refused);
    else location.assign(link({}, { g: id, p: "host" }));
  });
}

/** The rules played last here; else the newest edition, which is what most will want. */
function chosenRules({ rulesets }, last) {
  const known = (id) => rulesets.some((each) => each.id === id);
  return [last, "wh40k-11e"].find((id) => id && known(id)) ?? rulesets[0].id;
}

const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);

async function make(client, box, { ruleset, profile, clock, one, two, table, key, hidden }) {
  const maker = await official(client, box, key);
  const options = { ...(clock && { clock }), ...(hidden && { visibility: "link" }) };
  const data = { ruleset, profile, options };
  if (one) data.player1_name = one;
  if (two) data.player2_name = two;
  if (table) data.table = table;
  const { gameId } = await maker.send("game_create", data);
  remember({ ruleset, profile, clock });
  share(maker, `${gameId}/host`);
  return gameId;
}

/** The client that may make games: ours where hosting is open, else an official's. */
async function official(client, box, key) {
  if (box.hosting === "open" && !key) return client;
  const [office] = offices();
  const slot = office ? `venue/${office}` : "device";
  const maker = slot === client.slot ? client : connect(slot);
  if (key) {
    const venue = maker.join({ game_id: "venue", key });
    await new Promise((resolve, reject) => {
      venue.addEventListener("change", () => (venue.refusal ? reject(venue.refusal) : resolve()), { once: true });
    });
  }
  return maker;
}

/** What a clock preset is called: "90 min each", "15 min + 10 s a turn", "stopwatch". */
export function clockName({ id, mode, budget_ms: budget = 0, increment_ms: increment = 0, neutral_budget_ms: shared = 0, stages = [] }) {
  if (mode !== "down") return t(`lobby.clockMode.${mode}`);
  const words = [t("lobby.minutesEach", { n: Math.round(budget / 60_000) })];
  if (increment) words.push(t("lobby.perTurn", { time: lengthText(increment) }));
  if (shared) words.push(t("lobby.shared", { n: Math.round(shared / 60_000) }));
  if (stages.length) words.push(t("lobby.staged"));
  return words.join(", ") || id;
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

function remember(choice) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(choice));
  } catch {
    // Then the next game begins with the defaults.
  }
}
