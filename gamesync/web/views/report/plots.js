/** The two plots, as SVG: score by round, time by turn. Each has its numbers in a table, too. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";

const W = 480;
const H = 230;
const LEFT = 34;
const RIGHT = 40;
const TOP = 12;
const FOOT = 32;
const STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500];
const MINUTES = [10, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600].map((s) => s * 1000);
const SHAPES = {
  circle: (x, y, r) => h("circle", { cx: x, cy: y, r }),
  square: (x, y, r) => h("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
  diamond: (x, y, r) => h("path", { d: `M${x} ${y - r * 1.3}L${x + r * 1.3} ${y}L${x} ${y + r * 1.3}L${x - r * 1.3} ${y}Z` }),
  triangle: (x, y, r) => h("path", { d: `M${x} ${y - r * 1.2}L${x + r * 1.2} ${y + r}L${x - r * 1.2} ${y + r}Z` }),
};

/** Ticks from 0 to at least `most`, at most five of them above 0. */
export function ticks(most, steps = STEPS) {
  const step = steps.find((each) => each * 5 >= most) ?? Math.ceil(most / 5);
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** A figure: title, legend, picture, and the table that says the same. */
function figure(title, told, picture, summary, table, extra = null) {
  const { state } = told;
  return h("figure", { class: "panel plot" },
    h("figcaption", {}, h("h2", {}, title),
      h("ul", { class: "plain legend" }, [1, 2].map((player) =>
        h("li", { key: player, class: `p${player}` }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), h("span", {}, nameOf(state, player)))),
        extra)),
    h("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": summary }, picture),
    h("details", {}, h("summary", {}, t("report.asTable")), h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": title }, table)));
}

function frame(levels, y, words) {
  return levels.map((level) => h("g", { class: "level", key: `l${level}` },
    h("line", { x1: LEFT, x2: W - RIGHT, y1: y(level), y2: y(level) }),
    h("text", { x: LEFT - 6, y: y(level) + 5, "text-anchor": "end" }, words(level))));
}

export function scorePlot(told) {
  const { report, state } = told;
  const rounds = report.scores_by_round[0].map((each) => each.round);
  const last = Math.max(1, rounds.at(-1), state.ruleset.rounds <= 12 ? state.ruleset.rounds : 0);
  const total = (player, round) => report.scores_by_round[player - 1][round]?.total ?? 0;
  const levels = ticks(Math.max(10, ...rounds.flatMap((round) => [total(1, round), total(2, round)])));
  const x = (round) => LEFT + 8 + ((W - LEFT - RIGHT - 16) * round) / last;
  const y = (points) => TOP + (H - TOP - FOOT) * (1 - points / levels.at(-1));
  const every = Math.ceil(last / 12);
  const names = Array.from({ length: last + 1 }, (_, round) => round).filter((round) => round % every === 0);
  const end = rounds.at(-1);
  // Labels of the ends keep clear of each other.
  const apart = Math.abs(y(total(1, end)) - y(total(2, end)));
  const nudge = apart < 15 ? (15 - apart) / 2 : 0;
  const upper = total(1, end) >= total(2, end) ? 1 : 2;
  const line = (player) => {
    const at = rounds.map((round) => [x(round), y(total(player, round))]);
    const shape = SHAPES[mark(state, player).shape] ?? SHAPES.circle;
    const [ex, ey] = at.at(-1);
    return h("g", { class: `line p${player}`, key: `p${player}` },
      h("polyline", { points: at.map((point) => point.join(",")).join(" ") }),
      rounds.length <= 16 && at.map(([px, py]) => shape(px, py, 4)),
      h("text", { class: "end", x: ex + 9, y: ey + 5 + (upper === player ? -nudge : nudge) }, total(player, end)));
  };
  const picture = [
    frame(levels, y, String),
    names.map((round) => h("text", { key: `r${round}`, class: "axis", x: x(round), y: H - 8, "text-anchor": "middle" }, round ? t("report.r", { round }) : t("report.start"))),
    line(2),
    line(1),
  ];
  const numbers = h("table", {},
    h("caption", { class: "visually-hidden" }, t("report.scoreByRound")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("report.byEndOf")), [1, 2].map((player) => h("th", { scope: "col", class: "number" }, nameOf(state, player))))),
    h("tbody", {}, rounds.map((round) => h("tr", { key: round },
      h("th", { scope: "row" }, round ? t("common.round", { round }) : t("report.start")),
      [1, 2].map((player) => h("td", { class: "number" }, total(player, round)))))));
  const summary = t("report.scoreSummary", { one: nameOf(state, 1), two: nameOf(state, 2), p1: total(1, end), p2: total(2, end), round: end });
  return figure(t("report.scoreByRound"), told, picture, summary, numbers);
}

export function timePlot(told) {
  const { report, state } = told;
  const { turns } = report;
  const whole = (turn) => turn.p1_ms + turn.p2_ms + turn.nobody_ms;
  const levels = ticks(Math.max(5_000, ...turns.map(whole)), MINUTES);
  const unit = levels[1] % 60_000 === 0 ? 60_000 : 1_000;
  const room = (W - LEFT - RIGHT) / Math.max(turns.length, 2);
  const width = Math.min(26, room * 0.68);
  const x = (i) => LEFT + room * (i + 0.5);
  const y = (ms) => TOP + 8 + (H - TOP - 8 - FOOT) * (1 - ms / levels.at(-1));
  const bar = (turn, i) => {
    let from = 0;
    const parts = [["p1", turn.p1_ms], ["p2", turn.p2_ms], ["nobody", turn.nobody_ms]];
    return h("g", { key: turn.turn }, parts.map(([who, ms]) => {
      if (!ms) return null;
      const top = y(from + ms);
      const height = y(from) - top;
      from += ms;
      return h("rect", { class: `bar ${who}`, key: who, x: x(i) - width / 2, y: top, width, height: Math.max(0.6, height) });
    }));
  };
  const first = turns.map((turn, i) => (turn.round !== turns[i - 1]?.round ? i : -1)).filter((i) => i >= 0);
  const every = Math.ceil(first.length / 12);
  const picture = [
    h("defs", {}, h("pattern", { id: "report-hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      h("rect", { class: "hatch-ground", width: 5, height: 5 }), h("rect", { class: "hatch", width: 2.4, height: 5 }))),
    frame(levels, y, (ms) => ms / unit),
    h("text", { class: "unit", key: "unit", x: W - RIGHT, y: TOP + 2, "text-anchor": "end" }, t(unit === 60_000 ? "report.minutes" : "report.seconds")),
    turns.map(bar),
    turns.length <= 24 && turns.map((turn, i) => h("text", { key: `m${turn.turn}`, class: `turn-of p${turn.player}`, x: x(i), y: H - 20, "text-anchor": "middle" }, mark(state, turn.player).sign)),
    first.filter((_, n) => n % every === 0).map((i) => {
      const next = first.find((each) => each > i) ?? turns.length;
      return h("text", { key: `r${i}`, class: "axis", x: (x(i) + x(next - 1)) / 2, y: H - 3, "text-anchor": "middle" }, t("report.r", { round: turns[i].round }));
    }),
  ];
  const row = (label, { p1_ms: one, p2_ms: two, nobody_ms: none }, key) =>
    h("tr", { key }, h("th", { scope: "row" }, label), [one, two, none].map((ms) => h("td", { class: "number" }, lengthText(ms))));
  const numbers = h("table", {},
    h("caption", { class: "visually-hidden" }, t("report.timeByTurn")),
    h("thead", {}, h("tr", {}, [t("common.turn"), nameOf(state, 1), nameOf(state, 2), t("report.nobody")].map((words, i) => h("th", { scope: "col", class: i ? "number" : "" }, words)))),
    h("tbody", {},
      turns.map((turn) => row([t("common.round", { round: turn.round }), " ", h("span", { class: `seat-mark p${turn.player}`, "aria-hidden": "true" }, mark(state, turn.player).sign), " ", h("span", { class: "visually-hidden" }, nameOf(state, turn.player))], turn, turn.turn)),
      row(t("report.outside"), report.outside, "outside"),
      row(t("common.total"), report.time, "total")));
  const summary = t("report.timeSummary", { one: nameOf(state, 1), two: nameOf(state, 2), p1: lengthText(report.time.p1_ms), p2: lengthText(report.time.p2_ms) });
  const none = turns.some((turn) => turn.nobody_ms > 0);
  return figure(t("report.timeByTurn"), told, picture, summary, numbers,
    none && h("li", { class: "nobody", key: "none" }, h("span", { class: "swatch", "aria-hidden": "true" }), h("span", {}, t("report.nobody"))));
}
