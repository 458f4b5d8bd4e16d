/** The panel "Box": how the server itself fares. Only the organiser is told. */

import { base } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { language, maybe, t } from "../../lib/i18n.js";
import { doButton } from "./ui.js";

const OFTEN_MS = 5_000;
const SELDOM_MS = 60_000;

export class BoxPanel {
  /** What the server said last; null before it did. */
  told = null;
  #asked = -Infinity;
  #asking = false;

  constructor(desk) {
    this.desk = desk;
  }

  /** How many things want somebody's eye. */
  get troubles() {
    return this.told?.checks.filter((check) => check.state !== "ok").length ?? 0;
  }

  /** Ask again if it is time; `shown`: somebody looks at the panel. */
  look(shown) {
    const due = this.#asked + (shown ? OFTEN_MS : SELDOM_MS) <= performance.now();
    if (!due || this.#asking || !this.desk.organiser || !this.desk.client.token) return;
    this.#asking = true;
    this.#ask("GET", "").then((told) => (this.told = told), () => {}).finally(() => {
      this.#asking = false;
      this.#asked = performance.now();
      this.desk.changed();
    });
  }

  async #ask(method, path) {
    const headers = { authorization: `Bearer ${this.desk.client.token}` };
    const answer = await fetch(new URL(`api/v1/health${path}`, base), { method, headers, cache: "no-store" });
    if (!answer.ok) throw new Error(`health: ${answer.status}`);
    return answer.json();
  }

  template() {
    const { told } = this;
    return h("section", { class: "panel box", "aria-labelledby": "hall-box" },
      h("h2", { id: "hall-box" }, t("desk.box.title")),
      told ? [this.#checks(), this.#facts()] : h("p", { class: "quiet" }, t("common.loading")));
  }

  #checks() {
    const wrong = this.told.checks.filter((check) => check.state !== "ok");
    if (!wrong.length) return h("p", { class: "well" }, `✓ ${t("desk.box.well")}`);
    return h("ul", { class: "plain wrong" }, wrong.map((check) =>
      h("li", { key: check.name, class: check.state }, [check.state === "failed" ? "✕ " : "! ", reasonText(check.reason)])));
  }

  #facts() {
    const { told } = this;
    const { connections, resources, queues, consistency } = told;
    const values = (name) => told.checks.find((check) => check.name === name)?.values ?? {};
    const all = Object.values(connections).reduce((sum, n) => sum + n, 0);
    const roles = Object.entries(connections).sort().map(([role, n]) => [roleText(role), n].join(" "));
    const free = values("disk").free_bytes;
    const database = values("database").database_bytes;
    const backup = values("backup").age_s;
    const certificate = values("certificate").left_s;
    return h("dl", {},
      fact("connections", number(all), roles.join(" · ")),
      fact("queues", t("desk.box.waiting", { n: queues.commands }), queues.jammed ? t("desk.box.jammed", { n: queues.jammed, size: bytes(queues.send_bytes) }) : ""),
      fact("games", t("desk.box.clocks", { n: told.clocks_running })),
      free !== undefined && fact("disk", free === null ? "–" : t("desk.box.free", { size: bytes(free) }), database ? t("desk.box.database", { size: bytes(database) }) : ""),
      fact("memory", bytes(resources.memory_bytes), t("desk.box.files", { n: number(resources.open_files), most: number(resources.open_files_max) })),
      fact("backup", backup === undefined ? t("desk.box.noBackups") : backup === null ? t("desk.box.noBackupYet") : t("common.ago", { time: span(backup) })),
      fact("certificate", certificate === undefined ? t("desk.box.noCertificate") : t("desk.box.left", { time: span(Math.max(0, certificate)) })),
      fact("up", span(told.up_ms / 1000), t("desk.box.version", { version: told.version })),
      fact("state", this.#compared(consistency), t("desk.box.stateHint"),
        doButton(this.desk, "box:check", t("desk.box.checkNow"), async () => {
          await this.#ask("POST", "/check");
          this.#asked = -Infinity;
        }, { said: t("desk.box.checking") })));
  }

  #compared({ looking, at, games, differing }) {
    if (looking) return t("desk.box.looking");
    if (!at) return t("desk.box.notCompared");
    if (differing.length) return t("desk.box.differ", { n: differing.length });
    return t("desk.box.agree", { n: games, time: timeOfDay(at, language) });
  }
}

function fact(name, value, more = "", action = null) {
  return h("div", { key: name },
    h("dt", {}, t(`desk.box.fact.${name}`)),
    h("dd", {}, value, more && h("span", { class: "small quiet" }, more), action));
}

const roleText = (role) => maybe(`desk.box.role.${role}`) ?? role;
const reasonText = (reason) => maybe(`desk.box.reason.${reason}`) ?? reason;
const number = (n) => n.toLocaleString(language);

/** Bytes as people read them: `2.3 GB`. */
export function bytes(n) {
  const units = ["kB", "MB", "GB", "TB"];
  let size = n / 1000;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toLocaleString(language, { maximumFractionDigits: size < 10 ? 1 : 0 })} ${units[unit]}`;
}

/** A length of time, roughly: its largest unit. */
function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return t("desk.box.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t("desk.box.hours", { n: hours }) : t("desk.box.days", { n: Math.floor(hours / 24) });
}
