/** A turn at the table: the opponent's side small, one's own large, the round's cells between. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { cell, mark, nameOf, other, paused } from "../../lib/match.js";
import { roundSheet } from "./entry.js";
import { icon } from "./icons.js";
import { keys } from "./keys.js";
import { categoriesOf, shortOf } from "./rights.js";
import { stepPanel } from "./setup.js";
import { waiting, waitingWords } from "./taps.js";

/** A clock of `player`, drawn by itself. */
export function face(view, player, className = "time") {
  const { game } = view;
  const { clock } = game.state;
  if (clock.mode === "none") return null;
  return h("gs-clock", { class: className, ".source": { ms: () => game.clock(player), clock, player, live: game.status === "live" } });
}

/** Time that is spent before play: nobody's, or one player's own. */
export function setupTime(view) {
  const { game, client } = view;
  const { clock } = game.state;
  if (!clock.started || clock.mode === "none" || game.state.status === "playing") return null;
  if (clock.side) return h("p", { class: "setup-time" }, t("common.theirClock", { name: nameOf(game.state, clock.side) }), " ", face(view, clock.side));
  const ms = () => clock.neutral_ms + (clock.running ? Math.max(0, (client.now() ?? clock.at) - clock.at) : 0);
  return h("p", { class: "setup-time" }, h("span", { class: "quiet" }, t("seat.setupTime")), " ",
    h("gs-clock", { ".source": { ms, clock: { mode: "up", running: clock.running, side: 0 }, player: 0, live: game.status === "live" } }));
}

/** Whether the opponent's phone is away although he has one here. */
function phoneAway(view) {
  const { state, presence } = view.game;
  const there = presence.devices.filter((d) => d.role === "player" && d.player === other(view.me));
  return there.length > 0 && there.every((d) => d.link !== "live") && state.status === "playing";
}

/** Whose turn and whose clock: two marks, each a picture and words. */
export function marks(view, player) {
  const { game, me } = view;
  const { state } = game;
  const { clock, turn } = state;
  const mine = player === me;
  const short = shortOf(clock, game.clock(player));
  const onClock = clock.mode !== "none" && clock.started && clock.side === player;
  return h("p", { class: "marks" },
    turn.active_player === player && h("span", { class: "tag turn-mark" }, icon("turn"), t(mine ? "seat.yourTurn" : "seat.theirTurn")),
    onClock && h("span", { class: "tag clock-mark", "data-runs": String(clock.running) },
      icon(clock.running ? "clock" : "pause"), t(clock.running ? "seat.clockRuns" : "seat.clockStands")),
    clock.flagged[player - 1] !== null && h("span", { class: "tag bad" }, icon("warn"), t("match.flagged")),
    short && clock.flagged[player - 1] === null && h("span", { class: `tag ${short === "low" ? "warn" : "bad"}` }, icon("warn"), t(`seat.time.${short}`)));
}

function who(view, player) {
  const { state } = view.game;
  const { faction } = state.players[player - 1];
  return h("h2", { class: "who" },
    h("span", { class: "name" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player)),
    player === view.me && h("span", { class: "quiet you" }, `(${t("common.you")})`),
    faction && h("span", { class: "quiet faction" }, faction));
}

function otherSide(view) {
  const { game, me } = view;
  const player = other(me);
  const { ruleset, scores } = game.state;
  const { score, cp } = scores.players[player - 1];
  return h("section", { class: `side other p${player}` },
    who(view, player),
    h("dl", { class: "figures" },
      ruleset.winner === "score" && figure(t("common.score"), score),
      ruleset.cp && figure(t("common.cp"), cp)),
    face(view, player),
    marks(view, player),
    phoneAway(view) && h("p", { class: "quiet small away" }, t("seat.phoneAway")));
}

const figure = (name, value) => h("div", {}, h("dt", {}, name), h("dd", { class: "number" }, value));

function ownSide(view) {
  const { game, me, client } = view;
  const { ruleset, scores } = game.state;
  const mine = scores.players[me - 1];
  const wait = waiting(client, game);
  const unseen = [...wait.cells.keys()].some((key) => key.startsWith(`${me}/`));
  return h("section", { class: `side own p${me}`, "data-turn": String(game.state.turn.active_player === me) },
    who(view, me),
    h("div", { class: "own-time" }, face(view, me), marks(view, me)),
    h("div", { class: "own-figures" },
      ruleset.winner === "score" && h("p", { class: "score" },
        h("span", { class: "number" }, mine.score),
        unseen ? h("span", { class: "wait" }, icon("waits"), t("seat.scoresWait")) : h("span", { class: "quiet" }, t("seat.points"))),
      ruleset.cp && commandPoints(view, mine, wait)));
}

export function commandPoints(view, mine, wait) {
  const { me, taps } = view;
  const change = (delta, cp_why) => () => taps.send("cp", `${t("common.cp")} ${delta > 0 ? "+1" : "−1"}`, "score_update", { player: me, cp_delta: delta, cp_why });
  const n = wait.cp[me];
  const problem = taps.problem("cp");
  return h("div", { class: "cp", role: "group", "aria-label": t("common.cpLong") },
    h("button", { disabled: mine.cp + n <= 0, onclick: change(-1, "spend"), "aria-label": t("seat.cpSpend") }, "−"),
    h("p", {}, h("span", { class: "number" }, mine.cp), " ", t("common.cp"),
      n !== 0 && h("span", { class: "wait" }, waitingWords({ value: null, delta: n })),
      taps.counted("cp") && n === 0 && h("span", { class: "ok" }, icon("check"), h("span", { class: "visually-hidden" }, t("seat.fate.counted")))),
    h("button", { onclick: change(1, "gain"), "aria-label": t("seat.cpGain") }, "+"),
    problem && h("p", { class: "problem small" }, problem));
}

/** This round's cells, each a way into the sheet; who has filled in nothing yet sees a dot. */
export function roundCells(view) {
  const { game, me, client } = view;
  const { state } = game;
  const { round } = state.turn;
  const found = categoriesOf(state, round);
  if (!found.length) return null;
  const wait = waiting(client, game).cells;
  return h("button", { class: "round-cells", onclick: () => view.open(roundSheet(view)) },
    h("span", { class: "visually-hidden" }, t("seat.sheet", { round })),
    found.map((category) => {
      const at = category.per_round === false ? 0 : round;
      const held = cell(state, me, category.id, at);
      const waits = wait.get(`${me}/${category.id}/${at}`);
      return h("span", { class: "cell", key: category.id },
        h("span", { class: "quiet small" }, category.name),
        h("span", { class: "number" }, held ? held.value : waits ? "" : [h("span", { class: "dot" }), h("span", { class: "visually-hidden" }, t("seat.empty"))],
          waits && h("span", { class: "wait" }, waitingWords(waits))));
    }));
}

/** Between rounds there may be no time for another one. */
export function consentPanel(view) {
  const { game, me } = view;
  const minutes = Math.round(game.state.clock.rules.new_round_min_ms / 60_000);
  const propose = () => view.taps.send("propose", t("seat.kinds.no_new_round"), "propose", { kind: "no_new_round", player: me });
  return h("section", { class: "panel step" },
    h("h2", {}, t("seat.consent.title")),
    h("p", {}, t("seat.consent.text", { minutes })),
    h("button", { class: "main", onclick: propose }, t("seat.consent.stop")));
}

export function playScreen(view, cards) {
  const { state } = view.game;
  const { awaiting } = state.turn;
  const between = awaiting === "order" ? stepPanel(view) : awaiting === "consent" ? consentPanel(view) : null;
  return h("div", { class: "play", "data-paused": String(paused(state)) },
    h("div", { class: "play-top" }, otherSide(view), cards),
    h("div", { class: "play-own" }, ownSide(view), between, awaiting !== "consent" && roundCells(view)),
    keys(view));
}
