/** `<gs-status>`: says always whether what the page shows is the truth. */

import { h, View } from "../lib/dom.js";
import { lengthText } from "../lib/format.js";
import { refusal, t } from "../lib/i18n.js";

const TELL_AFTER_MS = 700; // a blink of the network is nobody's business
const UNREACHABLE_MS = 8_000;

class Status extends View {
  /** The Client; and the Stream that the page is about, if it is about one. */
  client = null;
  stream = null;

  connected() {
    this.listen(this.client, "status outbox");
    if (this.stream) this.listen(this.stream, "change");
    this.every(500);
    this.listen(document, "visibilitychange", () => document.hidden || this.client.wake());
    // Told that there is no network, it is asked whether that is so: sooner known than by silence.
    this.listen(globalThis, "online offline pageshow focus", () => this.client.wake());
  }

  template() {
    const { client, stream } = this;
    if (stream?.refusal) {
      return h("div", { class: "bar refused", role: "alert" }, `⊘ ${refusal(stream.refusal)}`);
    }
    if (client.away) {
      const back = h("button", { onclick: () => client.retry() }, t("status.comeBack"));
      const words = t(client.away === 4403 ? "status.revoked" : "status.away");
      return h("div", { class: "bar refused", role: "alert" }, `⊘ ${words}`, client.away !== 4403 && back);
    }
    const live = stream ? stream.status === "live" : client.live;
    if (live) return h("span", { class: "live", role: "status" }, h("span", { "aria-hidden": "true" }, "●"), t("status.live"));
    const since = client.staleSince === null ? 0 : performance.now() - client.staleSince;
    if (since < TELL_AFTER_MS) return h("span", { class: "live quiet", role: "status" }, "…");
    return h("div", { class: "bar stale", role: "status" }, h("span", { "aria-hidden": "true" }, "⚠"), this.#words(since), this.#queued());
  }

  #words(since) {
    const { client } = this;
    if (client.connected && !client.durable) return t("status.notRecorded");
    if (client.connected) return t("status.catchingUp");
    if (since > UNREACHABLE_MS && client.clock.offset === null) return t("status.unreachable");
    const words = t("status.reconnecting", { since: lengthText(since) });
    return since > UNREACHABLE_MS ? `${words} ${t("status.stayOnWifi")}` : words;
  }

  #queued() {
    const { length } = this.client.outbox.waiting;
    return length ? h("span", {}, t("status.queued", { n: length })) : null;
  }
}

customElements.define("gs-status", Status);
