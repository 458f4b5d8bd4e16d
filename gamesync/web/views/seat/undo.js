/** Taking back: with what would change shown first, and by agreement where it is not ours alone. */

import { h } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { language, refusal, t } from "../../lib/i18n.js";
import { nameOf, other } from "../../lib/match.js";
import { confirm } from "../../parts/dialog.js";
import { toast } from "../../parts/toasts.js";
import { differences, factWords } from "./words.js";

/** Take `version` back, or ask the other player where it needs both. */
export async function undo(view, version) {
  try {
    await view.taps.raw("undo", { version });
    toast(t("seat.undone"), { ms: 3_000 });
  } catch (error) {
    if (error.code === "consent_needed") return proposeUndo(view, version);
    if (error.code !== "stopped") toast(refusal(error), { ms: 9_000 });
  }
  view.update();
}

const proposeUndo = (view, version) =>
  view.taps.send("propose", t("seat.kinds.undo"), "propose", { kind: "undo", version, player: view.me });

/** What was done at `version`, in words, once the server has told: for whoever is asked to undo it. */
export function whatWas(view, version) {
  const known = (view.told ??= new Map());
  if (!known.has(version)) {
    known.set(version, "");
    view.game.ask("history", { before: version + 1, limit: 1 }).then(({ entries: [entry] }) => {
      if (entry?.version !== version) return;
      known.set(version, entry.facts.map((fact) => factWords(view.game.state, fact, view.me)).join(", "));
      view.update();
    }, () => known.delete(version));
  }
  return known.get(version);
}

/** What taking it back would change, or an Error that says why it cannot be. */
async function preview(view, version) {
  const { detail } = await view.taps.raw("undo", { version, dry_run: true });
  const words = detail.before ? differences(view.game.state, detail.before, detail.state, view.me) : [t("seat.otherChange")];
  return { version: detail.undone?.[0] ?? version, words };
}

/** Our own last: shown first, then done. */
export async function undoLast(view) {
  if (view.game.status !== "live") return toast(t("seat.notNowOffline"));
  try {
    const { version, words } = await preview(view);
    const yes = await confirm(t("seat.undoTitle"), { text: words.join(" · "), yes: t("common.undo") });
    if (yes) await undo(view, version);
  } catch (error) {
    if (error.code === "stopped") return;
    // Not ours alone, or too deep: the list says what can be done about which.
    if (["consent_needed", "undo_conflict"].includes(error.code)) return view.open(undoModal(view));
    toast(error.code === "not_found" ? t("seat.nothingToUndo") : refusal(error));
  }
}

/** What we did lately, each with what taking it back would change. */
export function undoModal(view, back = null) {
  const { game, me } = view;
  let entries = null;
  let chosen = null;
  const ask = () =>
    game.ask("history", { limit: 40 }).then(
      (answer) => (entries = answer.entries.filter((e) => e.undoable && !e.struck && e.by.role === "player" && e.by.player === me)),
      (error) => (entries = error),
    ).then(() => view.update());
  ask();
  const choose = async (entry) => {
    chosen = { entry, words: null, why: null };
    view.update();
    try {
      chosen.words = (await preview(view, entry.version)).words;
    } catch (error) {
      const asks = error.code === "consent_needed";
      Object.assign(chosen, { why: asks ? t("seat.needsOther", { name: nameOf(game.state, other(me)) }) : refusal(error), asks });
    }
    view.update();
  };
  const take = async () => {
    const { entry, asks } = chosen;
    chosen = null;
    await (asks ? proposeUndo(view, entry.version) : undo(view, entry.version));
    ask();
  };
  return {
    name: "undo",
    back,
    title: () => t("seat.undoList"),
    content: () => {
      if (entries === null) return h("p", { class: "quiet" }, t("common.loading"));
      if (!Array.isArray(entries)) return h("p", {}, refusal(entries));
      if (!entries.length) return h("p", {}, t("seat.nothingToUndo"));
      return h("ol", { class: "plain undo-list" }, entries.slice(0, 15).map((entry) => h("li", { key: entry.version },
        h("button", { class: "line", "aria-expanded": String(chosen?.entry === entry), onclick: () => choose(entry) },
          h("span", {}, entry.facts.map((fact) => factWords(game.state, fact, me)).join(", ")),
          h("span", { class: "quiet small number" }, timeOfDay(entry.wall, language))),
        chosen?.entry === entry && h("div", { class: "preview" },
          !chosen.words && !chosen.why && h("p", { class: "quiet" }, t("common.loading")),
          chosen.words && h("ul", {}, chosen.words.map((words) => h("li", {}, words))),
          chosen.why && h("p", {}, chosen.why),
          (chosen.words || chosen.asks) && h("button", { class: "main", onclick: take }, t(chosen.asks ? "seat.askOther" : "common.undo"))))));
    },
  };
}
