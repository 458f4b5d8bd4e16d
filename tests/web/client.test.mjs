import assert from "node:assert/strict";
import { test } from "node:test";
import { Box, Time, change, joined, load, settled } from "./world.mjs";

const time = new Time();
const { Client, Tokens, newId } = await load("client/gamesync.js");

function scene({ version = 12, rights = ["player:1"], answers = {} } = {}) {
  const box = new Box(time);
  box.answers.connect = (game) => joined(game, version, { rights });
  Object.assign(box.answers, answers);
  const tokens = new Tokens({
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  });
  const kept = new Map();
  const client = new Client({ url: "ws://box/ws", slot: "s", tokens, WebSocket: box.WebSocket });
  const story = [];
  client.addEventListener("status", ({ detail }) => story.push(detail.status));
  client.start();
  return { box, client, story, kept };
}

const play = async (more) => {
  const all = scene(more);
  const game = all.client.join({ game_id: "g1" });
  await all.box.open();
  return { ...all, game };
};

/** How a promise stands by now. */
function now(promise) {
  const told = promise.then((ok) => ({ ok }), (no) => ({ no }));
  return Promise.race([told, settled().then(() => "open")]);
}

const ack = (box, command, data = {}, version = 12) =>
  box.say({ type: "ack", id: command.id, game_id: "g1", version, data });

test("it greets, says who it is, and is live; the token is kept", async () => {
  const { box, client, kept, story } = scene();
  assert.deepEqual([client.live, client.now()], [false, null]);
  await box.open();
  assert.deepEqual([client.live, client.staleSince, story.at(-1)], [true, null, "live"]);
  assert.equal(Math.round(client.now()), time.now + box.offset);
  assert.equal(kept.get("gamesync:s"), "t".repeat(43));
  assert.equal(client.token, "t".repeat(43));
  const { data } = box.last("connect");
  assert.deepEqual([data.client_type, data.heartbeat_ms, "token" in data], ["observer", 5_000, false]);
  client.stop();
});

test("heartbeats: three quick ones, then as the server asked, with the round trip", async () => {
  const { box, client } = scene();
  await box.open();
  await time.pass(800);
  assert.equal(box.said("heartbeat").length, 3);
  await time.pass(10_000);
  assert.equal(box.said("heartbeat").length, 5);
  assert.equal(box.last("heartbeat").data.rtt_ms, 0);
  client.stop();
});

test("a command is sent, and counted when the server says so", async () => {
  const { box, client, game } = await play();
  const done = game.send("score_update", { player: 1, delta: 5 });
  const [sent] = box.said("score_update");
  assert.deepEqual([sent.game_id, sent.data], ["g1", { player: 1, delta: 5 }]);
  assert.equal(await now(done), "open");
  assert.equal(client.outbox.waiting.length, 1);
  ack(box, sent, { already: true, detail: { x: 1 } });
  assert.deepEqual((await now(done)).ok, { version: 12, already: true, detail: { x: 1 }, gameId: "g1" });
  assert.equal(client.outbox.waiting.length, 0);
  client.stop();
});

test("refused: nothing has changed, and why", async () => {
  const { box, client, game } = await play();
  const done = game.send("score_update", {});
  const [sent] = box.said("score_update");
  box.say({ type: "error", id: sent.id, game_id: "g1", version: 12, data: { code: "not_yours", message: "m" } });
  assert.equal((await now(done)).no.code, "not_yours");
  client.stop();
});

test("one after the other; what is put off is sent again with its id", async () => {
  const { box, client, game } = await play();
  game.send("score_update", { n: 1 });
  game.send("score_update", { n: 2 });
  const [first] = box.said("score_update");
  box.say({ type: "error", id: first.id, game_id: "g1", data: { code: "rate_limited", message: "m", retry_after_ms: 300 } });
  await time.pass(250);
  assert.equal(box.said("score_update").length, 1);
  await time.pass(100);
  assert.deepEqual(box.said("score_update").map((m) => [m.id, m.data.n]), [[first.id, 1], [first.id, 1]]);
  ack(box, first);
  assert.equal(box.last("score_update").data.n, 2);
  client.stop();
});

test("cut off: taps wait, and come with their ids once all is told that happened", async () => {
  const { box, client, game, story } = await play();
  game.send("score_update", { n: 1 });
  const [sent] = box.said("score_update");
  await box.close(1006);
  assert.deepEqual([client.live, story.at(-1)], [false, "stale"]);
  game.send("score_update", { n: 2 });
  box.answers.connect = (_, { resume }) => {
    assert.deepEqual(resume, { epoch: "E1", version: 12 });
    const { data } = joined("g1", 14, { recovered: true });
    return { game_id: "g1", version: 14, data: { ...data, state: undefined } };
  };
  await time.pass(400);
  await box.open();
  assert.equal(box.said("score_update").length, 0); // versions are missing still
  box.say(change(13, { scores: { n: 1 } }));
  assert.equal(box.said("score_update").length, 0);
  box.say(change(14, { scores: { n: 2 } }));
  await settled();
  assert.deepEqual(box.said("score_update").map((m) => m.id), [sent.id]);
  ack(box, sent, {}, 14);
  assert.equal(box.last("score_update").data.n, 2);
  assert.equal(game.status, "live");
  client.stop();
});

test("nothing is sent before the time is known, for presses need it", async () => {
  const { box, client, game } = await play({ answers: { heartbeat: false } });
  game.send("turn_change", { turn: 1 }, { press: "turn" });
  await settled();
  assert.equal(box.said("turn_change").length, 0);
  const beat = box.last("heartbeat");
  box.say({ type: "heartbeat", data: { now: 51_000, t0: beat.data.t0, live: true } });
  assert.equal(box.last("turn_change").data.pressed_at, 51_000);
  client.stop();
});

test("a press into a dead link has the time at which it was made, and a late one is asked about", async () => {
  const { box, client, game } = await play();
  await time.pass(1_000);
  box.answers.heartbeat = false;
  const late = game.send("turn_change", { turn: 1 }, { press: "turn" });
  const pressed = time.now + box.offset;
  await time.pass(9_000);
  const [sent] = box.said("turn_change");
  assert.equal(sent.data.pressed_at, pressed);
  assert.equal(await now(late), "open");
  await time.pass(2_000); // two heartbeats without an answer
  box.answers.heartbeat = true;
  await time.pass(400);
  await box.open();
  await time.pass(100);
  assert.equal((await now(late)).no.code, "too_old");
  client.stop();
});

test("a host tells what he pressed alone as one batch", async () => {
  const { box, client, game } = await play({ rights: ["host"] });
  await box.close(1006);
  const first = game.send("turn_change", { turn: 1 }, { press: "turn", player: 1 });
  const at = time.now;
  await time.pass(20);
  game.send("timer_update", { op: "pause" }, { press: "pause", player: 2 });
  await time.pass(400);
  await box.open();
  const { data } = box.last("timer_update");
  assert.equal(data.op, "batch");
  assert.deepEqual(data.presses.map((p) => [p.kind, p.player]), [["turn", 1], ["pause", 2]]);
  assert.equal(data.presses[0].pressed_at, at + box.offset);
  ack(box, box.last("timer_update"));
  assert.equal((await now(first)).ok.version, 12);
  client.stop();
});

test("a versions gap is asked for by a resume", async () => {
  const { box, client } = await play();
  box.answers.connect = null;
  box.say(change(15, {}));
  assert.deepEqual(box.last("connect").data.resume, { epoch: "E1", version: 12 });
  assert.equal(box.said("connect").length, 2);
  box.say(change(16, {})); // asked already
  assert.equal(box.said("connect").length, 2);
  client.stop();
});

test("silence: stale after two heartbeats, and a new connection", async () => {
  const { box, client, game } = await play();
  await time.pass(1_000);
  box.answers.heartbeat = false;
  await time.pass(9_000);
  assert.equal(game.status, "live");
  await time.pass(1_600);
  assert.equal(game.status, "stale");
  await time.pass(400);
  assert.equal(box.sockets.length, 2);
  client.stop();
});

test("a server that records nothing is not live", async () => {
  const { box, client } = await play();
  await time.pass(1_000);
  box.say({ type: "heartbeat", data: { now: 1, t0: null, live: false } });
  assert.deepEqual([client.durable, client.live, client.connected], [false, false, true]);
  await time.pass(5_000);
  assert.equal(client.live, true);
  client.stop();
});

test("after sleep nothing is believed until the server has answered", async () => {
  const { box, client, game } = await play();
  await time.pass(1_000);
  box.answers.heartbeat = false;
  const before = box.said("heartbeat").length;
  time.sleep(60_000);
  box.offset += 60_000;
  await time.pass(500);
  assert.deepEqual([game.status, box.said("heartbeat").length], ["stale", before + 1]);
  box.say({ type: "heartbeat", data: { now: time.now + box.offset, t0: box.last("heartbeat").data.t0 } });
  assert.equal(game.status, "live");
  assert.equal(Math.round(client.now()), time.now + box.offset);
  assert.equal(box.sockets.length, 1);
  client.stop();
});

test("after sleep with a dead connection it has a new one within three seconds", async () => {
  const { box, client } = await play();
  await time.pass(1_000);
  box.answers.heartbeat = false;
  time.sleep(60_000);
  await time.pass(3_400);
  assert.equal(box.sockets.length, 2);
  client.stop();
});

test("a tap that wakes the phone asks the time before it is sent", async () => {
  const { box, client, game } = await play();
  await time.pass(1_000);
  time.sleep(60_000);
  game.send("turn_change", { turn: 1 }, { press: "turn" });
  assert.deepEqual(box.socket.said.slice(-2).map((m) => m.type), ["heartbeat", "turn_change"]);
  client.stop();
});

test("revoked: it stays away and says so; asked back, it comes", async () => {
  const { box, client } = await play();
  await box.close(4403);
  assert.deepEqual([client.away, client.retryIn], [4403, null]);
  await time.pass(60_000);
  assert.equal(box.sockets.length, 1);
  client.retry();
  assert.equal(box.sockets.length, 2);
  client.stop();
});

test("a closing socket takes no more, and no tap is lost", async () => {
  const { box, client, game } = await play();
  box.socket.readyState = 2;
  const done = game.send("score_update", { n: 1 });
  await box.close(1012);
  await time.pass(400);
  await box.open();
  assert.deepEqual(box.said("score_update").map((m) => m.data.n), [1]);
  ack(box, box.last("score_update"));
  assert.equal((await now(done)).ok.version, 12);
  client.stop();
});

test("a disconnect that says when is obeyed", async () => {
  const { box, client } = await play();
  box.say({ type: "disconnect", data: { come_back: true, retry_after_ms: 2_000 } });
  await box.close(1012);
  assert.ok(client.retryIn >= 2_000 && client.retryIn <= 2_500);
  client.stop();
});

test("not let in: the stream says why, its taps are refused, the rest goes on", async () => {
  const { box, client } = scene({ answers: {} });
  box.answers.connect = null;
  const game = client.join({ game_id: "g1", key: "wrong000" });
  const tap = game.send("score_update", {});
  const asked = client.ask("game_list", {});
  await box.open();
  const { id } = box.last("connect");
  box.say({ type: "error", id, game_id: "g1", data: { code: "bad_credentials", message: "m" } });
  assert.equal(game.status, "refused");
  assert.equal((await now(tap)).no.code, "bad_credentials");
  const question = box.last("game_list");
  box.say({ type: "game_list", id: question.id, data: { games: [] } });
  assert.deepEqual((await now(asked)).ok, { games: [] });
  client.stop();
});

test("asked to wait at the door, it knocks again when it is time", async () => {
  const { box, client } = scene({ answers: {} });
  box.answers.connect = null;
  const game = client.join({ game_id: "g1", key: "right000" });
  await box.open();
  const { id } = box.last("connect");
  box.say({ type: "error", id, data: { code: "rate_limited", message: "m", retry_after_ms: 700 } });
  await time.pass(600);
  assert.equal(box.said("connect").length, 1);
  box.answers.connect = (at) => joined(at, 3);
  await time.pass(200);
  assert.deepEqual([box.said("connect").length, game.status, game.version], [2, "live", 3]);
  client.stop();
});

test("a typed code says which game it was for", async () => {
  const { box, client } = scene({ answers: {} });
  box.answers.connect = () => joined("g7", 5);
  const game = client.join({ code: "ABCD 2345" });
  await box.open();
  assert.equal(box.said("connect")[0].data.code, "ABCD 2345");
  assert.deepEqual([game.id, game.version, game.status], ["g7", 5, "live"]);
  client.stop();
});

test("making a game needs no stream", async () => {
  const { box, client } = scene();
  await box.open();
  const done = client.send("game_create", { player1_name: "Anna" });
  const [sent] = box.said("game_create");
  assert.equal("game_id" in sent, false);
  box.say({ type: "ack", id: sent.id, game_id: "g9", version: 1, data: { detail: { places: {} } } });
  assert.equal((await now(done)).ok.gameId, "g9");
  client.stop();
});

test("a question is put again on the next connection, until it is answered", async () => {
  const { box, client, game } = await play();
  const told = game.ask("history", { limit: 5 });
  const once = now(client.ask("game_list", {}, { once: true }));
  await box.close(1006);
  assert.equal((await once).no.code, "lost");
  await time.pass(400);
  await box.open();
  assert.equal(box.said("game_list").length, 0);
  const question = box.last("history");
  assert.equal(question.game_id, "g1");
  box.say({ type: "history", id: question.id, game_id: "g1", data: { entries: [] } });
  assert.deepEqual((await now(told)).ok, { entries: [] });
  client.stop();
});

test("a question that is refused, and one that is put off", async () => {
  const { box, client, game } = await play();
  const told = game.ask("history");
  const { id } = box.last("history");
  box.say({ type: "error", id, game_id: "g1", data: { code: "overloaded", message: "m", retry_after_ms: 200 } });
  assert.equal(await now(told), "open");
  await time.pass(300);
  assert.equal(box.said("history").length, 2);
  box.say({ type: "error", id, game_id: "g1", data: { code: "not_found", message: "m" } });
  assert.equal((await now(told)).no.code, "not_found");
  client.stop();
});

test("the lobby: page by page, then what changes; asked anew on each connection, once", async () => {
  const { box, client } = scene();
  const line = (id, version = 1) => ({ game_id: id, version });
  const answer = (games, next) => {
    const { id } = box.last("game_list");
    box.say({ type: "game_list", id, data: { games, next } });
    return settled();
  };
  client.lobby.watch();
  await box.open();
  assert.equal(box.said("game_list").length, 1);
  await answer([line("a"), line("b")], "b");
  assert.equal(client.lobby.complete, false);
  assert.equal(box.last("game_list").data.after, "b");
  box.say({ type: "game_list", data: { games: [line("a", 2)], gone: ["b"] } });
  await answer([line("c")]);
  assert.equal(client.lobby.complete, true);
  assert.deepEqual([...client.lobby.games.values()], [line("a", 2), line("c")]);
  for (let i = 0; i < 3; i += 1) {
    await box.close(1006);
    await time.pass(client.retryIn);
    await box.open();
  }
  assert.equal(box.said("game_list").length, 1);
  assert.equal(client.lobby.games.size, 2); // what was known stays until it is known anew
  await answer([line("d")]);
  assert.deepEqual([...client.lobby.games.keys()], ["d"]);
  box.say({ type: "game_list", data: { games: [line("e")], whole: true } });
  assert.deepEqual([...client.lobby.games.keys()], ["e"]);
  client.stop();
});

test("stopped: goodbye, and all that waited is told", async () => {
  const { box, client, game } = await play();
  const tap = game.send("score_update", {});
  const question = game.ask("history");
  client.stop();
  assert.equal(box.socket.closedWith, 1000);
  assert.equal((await now(tap)).no.code, "stopped");
  assert.equal((await now(question)).no.code, "stopped");
  await time.pass(60_000);
  assert.equal(box.sockets.length, 1);
});

test("joining twice is one stream; leaving refuses its taps, and the server need tell no more", async () => {
  const { box, client, game } = await play();
  assert.equal(client.join({ game_id: "g1" }), game);
  const tap = game.send("score_update", {});
  game.leave();
  assert.equal((await now(tap)).no.code, "stopped");
  assert.deepEqual(box.said("leave").map((m) => [m.game_id, m.data]), [["g1", {}]]);
  box.say({ type: "ack", game_id: "g1", data: {} }); // its answer is nobody's business
  await box.close(1006);
  await time.pass(400);
  await box.open();
  assert.equal(box.said("connect").at(-1).game_id, undefined);
  client.stop();
});

test("a game that another stream of the page still shows is not left", async () => {
  const { box, client, game } = await play();
  const other = client.join({ game_id: "g1", key: "k".repeat(22) });
  await settled();
  assert.notEqual(other, game);
  game.leave();
  assert.equal(box.said("leave").length, 0);
  other.leave();
  assert.equal(box.said("leave").length, 1);
  client.stop();
});

test("a token that is too old: the page is told, the token forgotten, and we are somebody new", async () => {
  const { box, client, game, kept } = await play();
  await box.close(4406);
  box.answers.connect = () => ({ type: "error", data: { code: "token_expired", message: "m" } });
  await time.pass(400);
  await box.open();
  assert.ok(box.last("connect").data.token);
  assert.deepEqual([game.status, game.refusal.code], ["refused", "token_expired"]);
  assert.equal(kept.has("gamesync:s"), false);
  assert.equal(client.away, null);
  client.stop();
});

test("somebody without a game, whose token is too old, says anew who he is", async () => {
  const { box, client, kept } = scene();
  kept.set("gamesync:s", "o".repeat(43));
  const right = box.answers.connect;
  box.answers.connect = (game, data) =>
    data.token ? { type: "error", data: { code: "token_expired", message: "m" } } : right(game, data);
  await box.open();
  assert.deepEqual(box.said("connect").map((m) => "token" in m.data), [true, false]);
  assert.equal(client.token, "t".repeat(43));
  client.stop();
});

test("two games on one connection are kept apart", async () => {
  const { box, client, game } = await play();
  const other = client.join({ game_id: "g2" });
  await settled();
  box.say(change(13, { scores: { n: 3 } }));
  assert.deepEqual([game.version, other.version], [13, 12]);
  client.stop();
});

test("ids and tokens, where there is no store or none is allowed", () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, newId)).size, 1_000);
  const closed = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); }, removeItem() { throw new Error("no"); } };
  for (const tokens of [new Tokens(undefined), new Tokens(closed)]) {
    assert.equal(tokens.get("s"), null);
    tokens.set("s", "x");
    assert.equal(tokens.get("s"), "x");
    tokens.forget("s");
    assert.equal(tokens.get("s"), null);
  }
  Object.defineProperty(globalThis, "localStorage", { get() { throw new Error("SecurityError"); }, configurable: true });
  assert.equal(new Tokens().get("s"), null);
});
