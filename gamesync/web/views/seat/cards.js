/** What has happened and waits for somebody: proposals, a judge on the way, a dispute, news, a pause. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { cell, nameOf, other, paused } from "../../lib/match.js";
import { icon } from "./icons.js";
import { disputeModal, resumeClock } from "./menu.js";
import { mayLift } from "./rights.js";
import { undo, whatWas } from "./undo.js";
import { byWords, cellName, pauseWords, shortName } from "./words.js";

const LOW_LINES = 43; // on a screen with fewer lines of text one card at a time

const card = (key, kind, sign, words, ...actions) =>
  h("li", { key, class: `card ${kind}`, "data-card": key.split("/")[0] },
    // Read aloud once, when it comes; what counts seconds would be read each second.
    h("p", { role: ["ask", "news"].includes(kind) ? "alert" : null }, icon(sign), h("span", {}, words)),
    actions.some(Boolean) && h("div", { class: "row" }, actions));

function proposalCards(view) {
  const { game, client, me, taps } = view;
  const { state } = game;
  const now = client.now();
  return state.proposals.map((proposal) => {
    const answer = (accept) => () => taps.send(`proposal/${proposal.at_version}`, t(`seat.kinds.${proposal.kind}`), "answer", { proposal: proposal.at_version, accept, player: me });
    const left = now === null ? null : Math.max(0, proposal.expires_at - now);
    const what = proposal.version ? whatWas(view, proposal.version) : "";
    const kind = t(`seat.kinds.${proposal.kind}`) + (what && ` (${what})`);
    const words = proposal.player === me
      ? t("seat.youProposed", { name: nameOf(state, other(me)), kind })
      : t("seat.theyPropose", { name: nameOf(state, proposal.player), kind });
    const time = left !== null && h("span", { class: "quiet small number" }, t("seat.expires", { time: lengthText(left) }));
    const actions = proposal.player === me
      ? [h("button", { onclick: answer(false) }, t("seat.withdraw"))]
      : [h("button", { class: "main", onclick: answer(true) }, t("common.yes")), h("button", { onclick: answer(false) }, t("common.no"))];
    return card(`proposal/${proposal.at_version}`, "ask", "hand", words, ...actions, time);
  });
}

function judgeCard(view) {
  const { game, client, me, taps } = view;
  const { judge } = game.state;
  if (!judge) return null;
  const now = client.now();
  const time = now === null ? "…" : lengthText(now - judge.at_ms);
  const taken = judge.taken_by;
  const words = [t("match.judgeCalled", { time }), judge.note,
    taken && t("match.judgeComing", { name: taken.name || t("seat.by.judge") })].filter(Boolean).join(" · ");
  const cancel = () => taps.send("judge", t("seat.cancelCall"), "judge_call", { op: "cancel" });
  return card("judge", taken ? "good" : "warn", "hand", words, !taken && h("button", { onclick: cancel }, t("seat.cancelCall")));
}

function disputeCard(view) {
  const { game, me, taps } = view;
  const { state } = game;
  const { dispute } = state;
  if (!dispute) return null;
  const about = dispute.category ? `${dispute.player ? `${nameOf(state, dispute.player)}, ` : ""}${cellName(state, dispute.category, dispute.round ?? 0)}: ` : "";
  const mine = dispute.by.role === "player" && dispute.by.player === me;
  const close = () => taps.send("dispute", t("seat.closeDispute"), "dispute", { op: "close" });
  return card("dispute", "bad", "warn",
    t("seat.disputed", { name: byWords(state, dispute.by, me), text: `${about}${dispute.text}` }),
    mine ? h("button", { onclick: close }, t("seat.closeDispute")) : h("span", { class: "quiet small" }, t("seat.disputeWaits")));
}

function pauseCard(view) {
  const { state } = view.game;
  if (state.status !== "playing" || !paused(state)) return null;
  const why = state.clock.paused.map((reason) => pauseWords(state, reason)).join(", ");
  const gap = state.clock.paused.includes("server") ? state.gaps.at(-1) : null;
  const words = gap
    ? t(gap.gap_ms === null ? "seat.gapUnknown" : "seat.gap", { time: lengthText(gap.gap_ms ?? 0) })
    : t("seat.paused", { why });
  const lifts = mayLift(state).length > 0;
  return card("pause", "warn", "pause", words,
    lifts ? h("button", { class: "main", onclick: () => resumeClock(view) }, t("seat.resume"))
      : h("span", { class: "quiet small" }, t("seat.othersResume")));
}

/** `Table changed your Primary, round 2: 10 → 5`. */
function newsWords(view, item) {
  const { state } = view.game;
  const name = byWords(state, item.by, view.me);
  const from = item.from ?? "–";
  switch (item.what) {
    case "cell":
      return t("seat.news.cell", { name, cell: cellName(state, item.category, item.round), from, to: item.to ?? "–" });
    case "cp":
      return t("seat.news.cp", { name, from, to: item.to });
    case "clock":
      return t("seat.news.clock", { name, time: `${item.to < 0 ? "−" : "+"}${lengthText(Math.abs(item.to))}` });
    case "turn":
      return t("seat.news.turn", { name, round: item.to });
    case "name":
      return t("seat.news.name", { name, to: item.to });
    default:
      return t("seat.news.away");
  }
}

function newsCards(view) {
  const { game, news, me } = view;
  const read = (item) => () => {
    news.read(item.key, game);
    view.update();
  };
  return news.list.map((item) => {
    const reason = item.reason ? ` (${item.reason})` : "";
    const disputable = item.what === "cell" && !game.state.dispute && cell(game.state, me, item.category, item.round);
    const about = { player: me, category: item.category, round: item.round };
    return card(`news/${item.key}`, "news", "news", `${newsWords(view, item)}${reason}`,
      h("button", { class: "main", onclick: read(item) }, t("common.ok")),
      disputable && h("button", { onclick: () => view.open(disputeModal(view, about)) }, t("seat.dispute")));
  });
}

/** For 8 s after a turn change: `Turn passed to Marek: Undo`. */
export function undoOffer(view) {
  const { offer, game } = view;
  if (!offer || performance.now() > offer.until || game.state.status !== "playing") return null;
  const { active_player: active } = game.state.turn;
  const words = active ? t("seat.turnPassed", { name: active === view.me ? t("seat.toYou") : shortName(game.state, active) }) : t("seat.roundOver");
  const back = () => {
    view.offer = null;
    undo(view, offer.version);
  };
  return h("div", { class: "offer", role: "status" }, h("span", {}, words), h("button", { onclick: back }, icon("undo"), t("common.undo")));
}

/** Whose time was claimed: a flag that has to be claimed, and the other's has fallen. */
function claimCard(view) {
  const { game, me, taps } = view;
  const { state } = game;
  if (state.status !== "playing" || state.clock.rules.on_flag !== "claim" || state.clock.flagged[other(me) - 1] === null) return null;
  const claim = () => taps.send("end", t("seat.claim"), "game_end", { op: "claim", player: me });
  return card("claim", "warn", "clock", t("seat.claimText", { name: nameOf(state, other(me)) }), h("button", { class: "main", onclick: claim }, t("seat.claim")));
}

/** The hall's time rule, as it now holds: no new turn, or no new round. */
function timeCard(view) {
  const { settings, status } = view.game.state;
  const rule = settings.no_new_turn ? "noNewTurn" : settings.no_new_round ? "noNewRound" : null;
  return status === "playing" && rule ? card("time", "warn", "clock", t(`seat.${rule}`)) : null;
}

/** The same two play once more: this phone has its seat there already. */
function againCard(view) {
  const { state } = view.game;
  const { next_game: next } = state.settings;
  if (!next || !["ended", "signed"].includes(state.status)) return null;
  return card("again", "ask", "turn", t("seat.again"), h("button", { class: "main", onclick: () => view.follow(next) }, t("seat.hall.go")));
}

/** What waits here for the network, and that it would be lost with the page. */
function awayCard(view) {
  const { game, client } = view;
  const { length } = client.outbox.waiting;
  if (game.status === "live" || !game.state || !client.staleSince || performance.now() - client.staleSince < 3_000) return null;
  return card("away", "warn", "waits", `${length ? `${t("seat.awayWaits", { n: length })} ` : ""}${t("seat.awayKeep")}`);
}

export function cards(view) {
  return [awayCard(view), view.follow && againCard(view), claimCard(view), ...proposalCards(view), pauseCard(view), ...newsCards(view), judgeCard(view), disputeCard(view), timeCard(view)];
}

/** While a turn is on, only as many as leave the clock in sight; the rest is a tap away. */
export function cardList(view, found, playing = false) {
  const all = found.filter(Boolean);
  if (!all.length) return null;
  const most = !playing || view.unfolded ? all.length : view.lines < LOW_LINES ? 1 : 2;
  const rest = all.length - most;
  const fold = (open, words) => h("li", { key: "rest" }, h("button", {
    class: "plain rest",
    onclick: () => {
      view.unfolded = open;
      view.update();
    },
  }, words));
  return h("ul", { class: "plain cards", "aria-label": t("seat.cards") }, all.slice(0, most),
    rest > 0 && fold(true, t("seat.moreCards", { n: rest })),
    playing && view.unfolded && all.length > 1 && fold(false, t("seat.fewerCards")));
}
