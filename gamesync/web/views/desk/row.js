/** `<gs-desk-row>`: one table on one line. Draws itself when its model is another one, else not. */

import { clockShown } from "../../client/offset.js";
import { h, View } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark } from "../../lib/match.js";
import "../../parts/clock.js";
import { DONE, nameOfRow, personOf } from "./rows.js";
import { icon } from "./icons.js";
import { doButton } from "./ui.js";
import { kindTag, kindWords } from "./words.js";

const PLACES = [["host", icon("screen")], ["player1", "●"], ["player2", "■"]];
const ABSENT = { none: "–", lost: "?", gone: "✕" };

class Row extends View {
  desk = null;
  #model = null;

  get model() {
    return this.#model;
  }

  set model(model) {
    if (model === this.#model) return;
    this.#model = model;
    if (this.isConnected) this.draw();
  }

  template() {
    const { row, now, live } = this.#model;
    const { game } = row;
    const name = nameOfRow(row) || t("desk.noTable");
    return h("article", {
      class: `line ${row.kind} ${this.#model.open ? "open" : ""}`,
      "aria-label": name,
      onclick: (event) => event.target.closest("button, a") || this.desk.open(row.key),
    },
      h("button", { class: "name", "aria-current": this.#model.open ? "true" : null, onclick: () => this.desk.open(row.key) }, name),
      kindTag(row, now),
      this.#side(1, live),
      this.#side(2, live),
      h("p", { class: "turn" }, game ? roundOf(game) : ""),
      this.#here(),
      h("div", { class: "do" }, this.#quick(name)));
  }

  #side(player, live) {
    const { row } = this.#model;
    const { game } = row;
    const person = personOf(row, player);
    const won = game?.result?.winner === player;
    const clock = game?.clock;
    const face = clock && clock.mode !== "none" && !DONE.has(game.status)
      ? h("gs-clock", { ".source": this.#source(game, player, live) })
      : h("span", { class: "no-clock" });
    const runs = clock?.running && clock.side === player;
    return h("div", { class: `side p${player} ${won ? "won" : ""} ${game?.active_player === player ? "up" : ""}` },
      h("span", { class: "who", title: [person.name, person.faction].filter(Boolean).join(", ") },
        h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(null, player).sign),
        h("span", { class: "person" }, person.name || (row.pairing && !row.pairing[`p${player}`] ? t("desk.bye") : t("common.player", { player }))),
        won && h("span", { class: "crown" }, t("desk.won")),
        game?.active_player === player && !DONE.has(game.status) && h("span", { class: "turn-mark" }, t("common.turn"))),
      h("span", { class: "clock" },
        runs && h("span", { class: "runs", title: t("desk.clockRuns") }, icon("play"), h("span", { class: "visually-hidden" }, t("desk.clockRuns"))),
        face),
      h("span", { class: "score number" }, game ? String(game[`score${player}`]) : "–"));
  }

  #source(game, player, live) {
    const { client } = this.desk;
    return { ms: () => clockShown(game.clock, player, client.now()), clock: game.clock, player, live };
  }

  /** Who is there: the table's screen and both phones. */
  #here() {
    const seats = this.#model.row.game?.seats;
    if (!seats) return h("p", { class: "here" });
    const words = PLACES.map(([place]) => t(`desk.place.${place}`, { how: t(`desk.link.${seats[place] ?? "none"}`) }));
    return h("p", { class: "here", title: words.join("\n") },
      PLACES.map(([place, sign], i) => h("span", { class: `link ${seats[place] ?? "none"} ${place === "player1" ? "p1" : place === "player2" ? "p2" : ""}` },
        h("span", { "aria-hidden": "true" }, ABSENT[seats[place] ?? "none"] ?? sign),
        h("span", { class: "visually-hidden" }, `${words[i]}. `))));
  }

  /** The one thing that most rows of this kind want. */
  #quick(name) {
    const { row } = this.#model;
    const { desk } = this;
    const { game } = row;
    const send = (type, data) => () => desk.hands.send(game.game_id, type, data);
    const label = (text) => [text, h("span", { class: "visually-hidden" }, `, ${name}`)];
    if (row.kind === "paused" && game.clock.paused.every((reason) => reason !== "round")) {
      return doButton(desk, `resume:${game.game_id}`, label(t("desk.resume")), send("timer_update", { op: "resume" }), {
        said: t("desk.said.resumed", { name }),
      });
    }
    return null;
  }
}

customElements.define("gs-desk-row", Row);

/** How far the match has come, or how it ended. */
function roundOf(game) {
  if (game.result) return [t(`match.how.${game.result.how}`), game.result.winner ? "" : t("common.draw")].filter(Boolean).join(" · ");
  if (!game.round) return "";
  const count = game.rounds ? t("desk.roundOf", { n: game.round, of: game.rounds }) : String(game.round);
  return [h("span", { class: "prefix" }, `${t("desk.head.round")} `), count];
}

/** What a row shows, as text: another text, another drawing. The venue's parts are told apart by identity. */
export function signature(row, now, { open, live, busy }) {
  const times = row.kind === "judge" || row.kind === "stuck" ? kindWords(row, now) : "";
  return [row.kind, times, row.table?.name, row.game?.version, JSON.stringify(row.game?.seats ?? null), row.game?.hidden, open, live, busy,
    personOf(row, 1).name, personOf(row, 2).name, row.pairing?.p1, row.pairing?.p2].join("|");
}
