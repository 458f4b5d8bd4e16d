// A whole client: makes a game, scores, loses its connection, and is back. Node 22, or `ws`.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).default;
const me = { token: null, game_id: null, epoch: null, version: 0, view: {} };
const newId = () => Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 9)).join("");

async function open(url) {
  const socket = new WebSocket(url, ["gamesync.v1"]);
  const waiting = new Map(); // id -> who waits for its answer
  const greeted = new Promise((resolve) => waiting.set(undefined, resolve));
  socket.onmessage = ({ data: text }) => {
    const message = JSON.parse(text), { data, type, version, id } = message;
    if (data.token) me.token = data.token;
    if (data.epoch) me.epoch = data.epoch;
    if (data.state) Object.assign(me.view, data.state), (me.version = version);
    console.log(type, version ?? "", ...(data.facts ?? []).map((f) => f.fact));
    waiting.get(id)?.(message), waiting.delete(id);
  };
  socket.ask = (type, data = {}, id = newId()) => new Promise((resolve) => {
    waiting.set(id, resolve);
    socket.send(JSON.stringify({ type, id, game_id: me.game_id, data }));
  });
  await greeted;
  return socket;
}

const tap = newId(), score = { player: 1, category: "secondary", delta: 5 };
let socket = await open(process.argv[2]);
await socket.ask("connect", { client_type: "host" }); // for a token: ids then hold for good
me.game_id = (await socket.ask("game_create", { player1_name: "Anna", player2_name: "Li" })).game_id;
await socket.ask("game_state");
await socket.ask("setup", { op: "skip", first_player: 1 });
await socket.ask("timer_update", { op: "start" });
await socket.ask("score_update", score, tap);
socket.close();
socket = await open(process.argv[2]);
const { token, epoch, version } = me;
console.log("recovered", (await socket.ask("connect", { token, resume: { epoch, version } })).data.recovered);
await socket.ask("score_update", score, tap); // had it arrived? the same answer, and counted once
console.log("score", me.view.scores.players.map((player) => player.score));
socket.close();
