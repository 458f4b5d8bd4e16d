import assert from "node:assert/strict";
import { test } from "node:test";
import { Box, Time, load, settled } from "./world.mjs";

const time = new Time();
const { Link, delay } = await load("client/link.js");

function scene() {
  const box = new Box(time);
  const story = [];
  const owner = {
    opened: () => story.push("opened"),
    said: (message) => story.push(message.type),
    lost: ({ why, code, away }) => story.push(away ? `away ${code}` : `lost ${why || code}`),
    probe: () => story.push("probe"),
  };
  const link = new Link("ws://box/ws", owner, { WebSocket: box.WebSocket });
  return { box, story, link };
}

const open = async (box) => {
  box.socket.readyState = 1;
  box.socket.onopen({});
  await settled();
};

test("the wait grows, and never beyond ten seconds", () => {
  assert.deepEqual([delay(1, 0), delay(1, 1)], [100, 300]);
  const waits = [2, 3, 4, 5, 6, 7, 8, 1_000].map((n) => Math.round(delay(n, 0.5)));
  assert.deepEqual(waits, [500, 800, 1_280, 2_048, 3_277, 5_243, 8_000, 8_000]);
  assert.ok(delay(1_000_000, 1) <= 10_000);
});

test("it opens, offers our protocol, and tells what it hears", async () => {
  const { box, story, link } = scene();
  link.start();
  link.start(); // once is enough
  assert.equal(box.sockets.length, 1);
  assert.deepEqual([box.socket.url, box.socket.protocols], ["ws://box/ws", ["gamesync.v1"]]);
  assert.equal(link.say({ type: "early" }), false);
  await open(box);
  box.say({ type: "hello" });
  assert.equal(link.say({ type: "x", id: undefined }), true);
  assert.deepEqual(box.socket.said, [{ type: "x" }]);
  assert.deepEqual(story, ["opened", "hello"]);
  link.stop();
});

test("a lost connection comes back, for ever, at most every ten seconds", async () => {
  const { box, link } = scene();
  link.start();
  for (let i = 0; i < 200; i += 1) {
    await box.close(1006);
    assert.equal(link.state, "waiting");
    assert.ok(link.nextAt - time.now <= 10_000);
    await time.pass(link.nextAt - time.now);
    assert.equal(box.sockets.length, i + 2);
  }
  link.stop();
});

test("after a good connection it comes back quickly, after a short one it does not", async () => {
  const { box, link } = scene();
  const waits = [];
  link.start();
  for (const lasts of [0, 100, 100, 100, 6_000]) {
    await open(box);
    await time.pass(lasts);
    await box.close(1006);
    waits.push(link.nextAt - time.now);
    await time.pass(link.nextAt - time.now);
  }
  assert.ok(waits[3] > 900, `${waits}`);
  assert.ok(waits[4] <= 300, `${waits}`);
  link.stop();
});

for (const code of [1000, 1002, 1003, 1007, 1009, 4403, 4409]) {
  test(`${code}: it stays away until somebody asks it back`, async () => {
    const { box, story, link } = scene();
    link.start();
    await open(box);
    await box.close(code);
    assert.deepEqual([link.state, link.nextAt, story.at(-1)], ["away", null, `away ${code}`]);
    await time.pass(3_600_000);
    link.wake(); // the phone was told so, too, and not only its user
    assert.equal(box.sockets.length, 1);
    link.retry();
    assert.equal(box.sockets.length, 2);
    link.stop();
  });
}

for (const code of [1001, 1006, 1011, 1012, 4401, 4408]) {
  test(`${code}: it comes back`, async () => {
    const { box, link } = scene();
    link.start();
    await open(box);
    await box.close(code);
    await time.pass(400);
    assert.equal(box.sockets.length, 2);
    link.stop();
  });
}

test("far over a limit: half a minute's rest", async () => {
  const { box, link } = scene();
  link.start();
  await open(box);
  await box.close(1008);
  await time.pass(29_900);
  assert.equal(box.sockets.length, 1);
  await time.pass(8_000);
  assert.equal(box.sockets.length, 2);
  link.stop();
});

test("what the server advised holds: when, and whether", async () => {
  const { box, link } = scene();
  link.start();
  await open(box);
  link.advised(true, 3_000);
  await box.close(1012);
  await time.pass(2_900);
  assert.equal(box.sockets.length, 1);
  await time.pass(900); // not all at once: up to a quarter later
  assert.equal(box.sockets.length, 2);
  await open(box);
  link.advised(false, 0);
  await box.close(1001);
  assert.equal(link.state, "away");
  link.stop();
});

test("a server that does not answer is given up", async () => {
  const { box, story, link } = scene();
  link.start();
  await time.pass(7_900);
  assert.equal(box.sockets.length, 1);
  await time.pass(500);
  assert.equal(story[0], "lost no answer");
  assert.ok(box.sockets.length >= 2);
  assert.equal(box.sockets[0].readyState, 3);
  link.stop();
});

test("waking does not wait any longer; a connection that is there is tried", async () => {
  const { box, story, link } = scene();
  link.start();
  for (let i = 0; i < 6; i += 1) (await box.close(1006), await time.pass(link.nextAt - time.now));
  await box.close(1006);
  assert.equal(link.state, "waiting");
  const before = box.sockets.length;
  link.wake();
  assert.equal(box.sockets.length, before + 1);
  await open(box);
  link.wake();
  assert.equal(story.at(-1), "probe");
  await time.pass(2_600);
  assert.equal(story.at(-1), "lost silent");
  link.stop();
});

test("an answer to the probe, and all is well", async () => {
  const { box, link } = scene();
  link.start();
  await open(box);
  link.wake();
  await time.pass(2_000);
  box.say({ type: "heartbeat" });
  await time.pass(60_000);
  assert.deepEqual([link.state, box.sockets.length], ["open", 1]);
  link.stop();
});

test("what an older socket still says is not listened to", async () => {
  const { box, story, link } = scene();
  link.start();
  await open(box);
  const old = box.socket;
  link.drop("silent");
  await time.pass(400);
  await open(box);
  box.say({ type: "late" }, old);
  await box.close(4403, "", old);
  assert.deepEqual([link.state, story.includes("late")], ["open", false]);
  link.stop();
});

test("who does not speak JSON is no server of ours", async () => {
  const { box, story, link } = scene();
  link.start();
  await open(box);
  box.socket.onmessage({ data: "<html>" });
  assert.equal(story.at(-1), "lost not a server of ours");
  link.stop();
});

test("a socket that cannot even be made is tried again", async () => {
  const { story } = scene();
  let tries = 0;
  const WebSocket = class {
    constructor() {
      tries += 1;
      throw new Error("no");
    }
  };
  const owner = { opened() {}, said() {}, lost: ({ why }) => story.push(why), probe() {} };
  const link = new Link("ws://box", owner, { WebSocket });
  link.start();
  await time.pass(1_000);
  assert.ok(tries >= 2);
  assert.equal(story[0], "cannot connect");
  link.stop();
});

test("stopped is stopped", async () => {
  const { box, link } = scene();
  link.start();
  await open(box);
  link.stop();
  assert.equal(box.socket.closedWith, 1000);
  await time.pass(60_000);
  assert.deepEqual([box.sockets.length, link.say({}), link.state], [1, false, "stopped"]);
});
