/** `<gs-report>`: how a match went, to read, to keep and to print. */

import { download, fragment } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { language, t } from "../lib/i18n.js";
import { nameOf } from "../lib/match.js";
import { connect, places } from "../lib/session.js";
import "../parts/status.js";
import { refused } from "../parts/toasts.js";
import { fetchReport } from "./report/fetch.js";
import { head, scored } from "./report/head.js";
import { log } from "./report/log.js";
import { scorePlot, timePlot } from "./report/plots.js";
import { sheet } from "./report/sheet.js";
import { story } from "./report/story.js";

const SETTLED_MS = 800; // of a match that goes on: not anew at each tap
const AGAIN_MS = 5_000;

class Report extends View {
  #told = null;
  #failed = "";
  #withLog = false;
  #whole = false;
  #timer = null;
  #asking = false;

  connected() {
    const { g, p, k } = fragment();
    const own = places().find((place) => place.g === g)?.p;
    document.title = t("report.title");
    this.client = connect(`${g}/${p ?? own ?? "observer"}`);
    this.game = this.client.join({ game_id: g, key: k });
    this.listen(this.game, "change", () => this.#soon());
    this.listen(this.client, "status");
  }

  gone() {
    clearTimeout(this.#timer);
  }

  get #token() {
    // A device without a place here reads what everybody may.
    return this.game.rights.length ? this.client.token : null;
  }

  #soon(ms = this.#told ? SETTLED_MS : 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
    this.update();
  }

  async #ask() {
    if (this.#asking) return this.#soon();
    this.#asking = true;
    try {
      this.#told = await fetchReport(this.game.id, this.#token);
      this.#failed = "";
    } catch (error) {
      this.#failed = error.message;
      if (error.message !== "404") this.#soon(AGAIN_MS);
    }
    this.#asking = false;
    this.update();
  }

  template() {
    return [h("gs-status", { ".client": this.client, ".stream": this.game }), this.#page()];
  }

  #page() {
    const told = this.#told;
    if (!told) {
      const words = this.game.refusal || this.#failed === "404" ? "report.none" : "common.loading";
      return h("main", { class: "page" }, h("h1", {}, t(words)));
    }
    const { state } = told;
    document.title = t("report.titleOf", { one: nameOf(state, 1), two: nameOf(state, 2) });
    return h("main", { class: `page ${this.#withLog ? "with-log" : ""}` },
      head(told),
      h("div", { class: "plots" }, scored(told) && scorePlot(told), told.report.turns.length > 0 && timePlot(told)),
      scored(told) && sheet(told),
      story(told),
      this.#tools(),
      log(told, { whole: this.#whole, more: () => { this.#whole = true; this.update(); } }),
      h("p", { class: "quiet small foot" }, t("report.foot", { game: told.game_id, version: told.version })));
  }

  #tools() {
    const save = (suffix) => () =>
      download(`api/v1/games/${this.game.id}/export.${suffix}`, `gamesync-${this.game.id}.${suffix}`, this.#token)
        .catch(refused);
    const toggle = (event) => {
      this.#withLog = event.target.checked;
      if (this.#withLog) this.#whole = true;
      this.update();
    };
    return h("section", { class: "tools row", "aria-label": t("report.keep") },
      h("button", { class: "main", onclick: () => globalThis.print() }, t("report.print")),
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.#withLog, onchange: toggle }), t("report.printLog")),
      h("span", { class: "grow" }),
      h("button", { onclick: save("csv"), lang: language }, t("report.csv")),
      h("button", { onclick: save("json") }, t("report.json")));
  }
}

customElements.define("gs-report", Report);
