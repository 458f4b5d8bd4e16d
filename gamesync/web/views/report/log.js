/** The log: who did what, and when; what was taken back is struck out. */

import { h } from "../../lib/dom.js";
import { maybe, t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";
import { byWords, factWords, pauseWords } from "../seat/words.js";
import { timeOf } from "./time.js";

const SHOWN = 60;

export function log({ log: entries, state }, { whole, more }) {
  const told = entries.filter((entry) => entry.facts.length);
  const shown = whole ? told : told.slice(-SHOWN);
  return h("section", { class: "panel log" },
    h("h2", {}, t("report.log")),
    h("p", { class: "quiet small" }, t("report.logMeans")),
    shown.length < told.length && h("button", { class: "earlier", onclick: more }, t("report.earlier", { n: told.length - shown.length })),
    h("ol", { class: "plain" }, shown.map((entry) => line(state, entry, entries))));
}

function line(state, entry, entries) {
  const { version, wall, by, facts, reason, struck } = entry;
  const corrected = facts.some((fact) => fact.correct);
  const time = timeOf(new Date(wall), true);
  const words = facts.map((fact) => factText(state, fact, entries)).join("; ");
  const seat = by.role === "player" ? `p${by.player}` : "";
  return h("li", { key: version, class: struck ? "struck" : "" },
    h("time", { datetime: wall }, time),
    h("span", { class: `by ${seat}` }, byWords(state, by, 0)),
    h("span", { class: "what" },
      struck ? h("s", {}, words) : words,
      struck && h("span", { class: "tag" }, t("report.struck")),
      corrected && h("span", { class: "tag warn" }, h("span", { "aria-hidden": "true" }, "✎"), t("report.correction")),
      reason && h("q", { class: "reason" }, reason)));
}

/** A fact in the words of the log; of those that only a report tells, here. */
export function factText(state, fact, entries) {
  const { player } = fact;
  const name = player ? nameOf(state, player) : "";
  switch (fact.fact) {
    case "created":
      return t("report.facts.created", { ruleset: fact.ruleset?.name ?? fact.ruleset ?? "" });
    case "joined":
      return t(fact.role === "player" ? "report.facts.seated" : "report.facts.joined", { name, role: maybe(`report.role.${fact.role}`) ?? fact.role });
    case "profile_set":
      return t("report.facts.profile_set", { name, what: [fact.name, fact.faction, fact.detachment].filter(Boolean).join(", ") });
    case "turn_ended":
      return t("report.facts.turn_ended", { name, turn: fact.turn });
    case "rolled":
      return t("report.facts.rolled", { name, die: fact.die });
    case "ended":
      return t("report.facts.ended", { how: maybe(`match.how.${fact.how}`) ?? fact.how });
    case "signed":
      return t("report.facts.signed", { name });
    case "flagged":
      return t("report.facts.flagged", { name });
    case "clock_paused":
      return t("report.facts.clock_paused", { why: pauseWords(state, fact.reason) });
    case "clock_resumed":
      return t("report.facts.clock_resumed", { why: pauseWords(state, fact.reason) });
    case "undone": {
      const taken = entries.find((entry) => entry.version === fact.version);
      const what = taken?.facts.filter((each) => each.fact !== "undone").map((each) => factText(state, each, entries)).join("; ");
      return what ? t("report.facts.undone", { what }) : factWords(state, fact, 0);
    }
    default: {
      const own = maybe(`report.facts.${fact.fact}`, { name, key: fact.key ?? "", value: String(fact.value ?? "") });
      return own ?? factWords(state, fact, 0);
    }
  }
}
