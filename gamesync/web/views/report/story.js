/** What is worth a word: pauses, down time, corrections, calls for a judge. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { nameOf } from "../../lib/match.js";
import { pauseWords } from "../seat/words.js";
import { timeOf } from "./time.js";

const PAUSES = 6;
const LEAST_MS = 1_000;

export function story(told) {
  const { report, state, wall } = told;
  const clock = (at) => timeOf(wall(at));
  const pauses = report.pauses
    .map(({ reason, from_ms: from, to_ms: to }) => ({ reason, from, length: (to ?? report.as_of) - from }))
    .filter(({ reason, length }) => reason !== "server" && length >= LEAST_MS);
  const shown = [...pauses].sort((a, b) => b.length - a.length).slice(0, PAUSES).sort((a, b) => a.from - b.from);
  const lines = [
    ...report.gaps.map((gap) => t(gap.gap_ms === null ? "report.downUnknown" : "report.down", { at: clock(gap.from_ms), time: lengthText(gap.gap_ms ?? 0) })),
    ...shown.map(({ reason, from, length }) => t("report.pause", { at: clock(from), time: lengthText(length), why: pauseWords(state, reason) })),
    pauses.length > shown.length && t("report.morePauses", { n: pauses.length - shown.length }),
    report.time.nobody_ms >= LEAST_MS && t("report.nobodysTime", { time: lengthText(report.time.nobody_ms) }),
    longest(report, state),
    report.corrections > 0 && t("report.nCorrections", { n: report.corrections }),
    report.undos > 0 && t("report.nUndos", { n: report.undos }),
    report.judge_calls > 0 && t("report.nCalls", { n: report.judge_calls }),
    state.dispute && t("report.disputed", { text: state.dispute.text }),
  ].filter(Boolean);
  if (!lines.length) return null;
  return h("section", { class: "panel story" },
    h("h2", {}, t("report.remarks")),
    h("ul", {}, lines.map((line) => h("li", { key: line }, line))));
}

function longest({ turns }, state) {
  const used = (turn) => turn.p1_ms + turn.p2_ms;
  const [turn] = [...turns].sort((a, b) => used(b) - used(a));
  if (!turn || used(turn) < 60_000) return null;
  return t("report.longest", { time: lengthText(used(turn)), round: turn.round, name: nameOf(state, turn.player) });
}
