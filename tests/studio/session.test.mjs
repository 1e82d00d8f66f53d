import assert from "node:assert/strict";
import { test } from "node:test";

import { delay, retryAfter } from "../../src/duetto/server/studio/backoff.js";
import { Refusal, Session } from "../../src/duetto/server/studio/session.js";

/** A world whose time stands until it is told, with connections that are opened or refused by hand. */
function world() {
  const made = {
    time: 0,
    timers: [],
    links: [],
    stages: [],
    events: [],
    begun: [],
    open(ears) {
      return new Promise((resolve, reject) => {
        const link = { ears, sent: [], closed: false, send: (event) => link.sent.push(event), close: () => (link.closed = true) };
        made.links.push({ link, accept: () => resolve(link), refuse: reject });
      });
    },
    later(ms, call) {
      const timer = { at: made.time + ms, call };
      made.timers.push(timer);
      return () => (made.timers = made.timers.filter((one) => one !== timer));
    },
    now: () => made.time,
    hello: () => ({ type: "duetto.hello", increments: true }),
    changed: (stage, retry, why) => made.stages.push(`${stage}${retry ? ` ${retry}` : ""}${why ? ` ${why}` : ""}`),
    event: (event) => made.events.push(event),
    fresh: (resumed) => made.begun.push(resumed),
    async pass(ms) {
      const end = made.time + ms;
      for (;;) {
        const next = made.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        made.time = next.at;
        made.timers = made.timers.filter((timer) => timer !== next);
        next.call();
        await settle();
      }
      made.time = end;
    },
  };
  return made;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const WELCOME = { type: "duetto.welcome", session_id: "s", token: "t", grace_s: 30, seq: 1 };

async function connected() {
  const around = world();
  const session = new Session(around);
  session.start();
  around.links[0].accept();
  await settle();
  const { link } = around.links[0];
  link.ears.event(WELCOME);
  return { around, session, link };
}

test("it says hello first, and is open", async () => {
  const { around, session, link } = await connected();
  assert.deepEqual(link.sent, [{ type: "duetto.hello", increments: true }]);
  assert.deepEqual(around.stages, ["connecting", "open"]);
  assert.equal(session.extended, true);
});

test("a lost connection is tried again, and resumed from the last event", async () => {
  const { around, link } = await connected();
  link.ears.event({ type: "duetto.increments", seq: 2 });
  link.ears.lost("");
  assert.equal(around.stages.at(-1), "lost 1000");
  await around.pass(1000);
  around.links[1].accept();
  await settle();
  const again = around.links[1].link;
  assert.deepEqual(again.sent, [{ type: "duetto.resume", session_id: "s", token: "t", seq: 2 }]);
  again.ears.event({ type: "duetto.resumed", token: "t2", seq: 4 });
  assert.deepEqual(around.begun, [false, true]);
});

test("events that were lost with the connection are sent again, in their order, and no others", async () => {
  const { around, session, link } = await connected();
  const key = (text) => ({ type: "duetto.key", op: "insert", text, position: 0, count: 0 });
  session.send(key("a"));
  session.send({ type: "response.cancel" });
  session.send(key("b"));
  link.ears.lost("");
  session.send(key("typed while away")); // the page tells the difference itself once it is back
  await around.pass(1000);
  around.links[1].accept();
  await settle();
  const again = around.links[1].link;
  session.send(key("too early"));
  assert.equal(around.stages.at(-1), "lost");
  again.ears.event({ type: "duetto.resumed", token: "t2", seq: 1, received: 2 });
  assert.deepEqual(again.sent.slice(1), [key("b")]);
  assert.equal(around.stages.at(-1), "open");
});

test("what the server says it has is not sent again", async () => {
  const { around, session, link } = await connected();
  session.send({ type: "duetto.line", text: "hi" });
  link.ears.event({ type: "duetto.pong", id: "1", seq: 2, received: 2 });
  link.ears.lost("");
  await around.pass(1000);
  around.links[1].accept();
  await settle();
  around.links[1].link.ears.event({ type: "duetto.resumed", token: "t2", seq: 2, received: 2 });
  assert.equal(around.links[1].link.sent.length, 1);
});

test("events that came already are not taken twice", async () => {
  const { around, link } = await connected();
  for (const seq of [2, 3, 3, 2, 4]) link.ears.event({ type: "x", seq });
  assert.deepEqual(around.events.filter((event) => event.type === "x").map((event) => event.seq), [2, 3, 4]);
});

test("too late to resume, or refused: a new conversation", async () => {
  const late = await connected();
  late.link.ears.lost("");
  late.around.time += 40_000;
  await late.around.pass(1000);
  late.around.links[1].accept();
  await settle();
  assert.equal(late.around.links[1].link.sent[0].type, "duetto.hello");

  const refused = await connected();
  refused.link.ears.lost("");
  await refused.around.pass(1000);
  refused.around.links[1].accept();
  await settle();
  refused.around.links[1].link.ears.event({ type: "error", error: { message: "no such conversation" } });
  refused.around.links[2].accept();
  await settle();
  assert.equal(refused.around.links[2].link.sent[0].type, "duetto.hello");
  assert.equal(refused.around.links[1].link.closed, true);
});

test("it waits longer each time, and can be hurried", async () => {
  const { around, session, link } = await connected();
  link.ears.lost("gone");
  for (let place = 1; place <= 3; place += 1) {
    await around.pass(20_000);
    around.links[place].refuse(new Refusal("down", "The server could not be reached."));
    await settle();
  }
  const waits = around.stages.filter((stage) => /lost \d/.test(stage)).map((stage) => Number(stage.split(" ")[1]));
  assert.deepEqual(waits, [1000, 2000, 4000, 8000]);
  session.hurry();
  assert.equal(around.links.length, 5);
});

test("a full server is tried again when it says; a wanted key is not", async () => {
  const around = world();
  new Session(around).start();
  around.links[0].refuse(new Refusal("full", "All 20 places are taken.", 7000));
  await settle();
  assert.equal(around.stages.at(-1), "full 7000 All 20 places are taken.");
  await around.pass(7000);
  around.links[1].refuse(new Refusal("key", ""));
  await settle();
  assert.equal(around.stages.at(-1), "key");
  await around.pass(60_000);
  assert.equal(around.links.length, 2);
});

test("a server that never answered is given up", async () => {
  const around = world();
  new Session(around).start();
  around.links[0].refuse(new Error("network"));
  await settle();
  await around.pass(1000);
  around.links[1].refuse(new Error("network"));
  await settle();
  assert.equal(around.stages.at(-1), "failed The server could not be reached.");
});

test("a connection that falls silent is lost; one that answers is kept", async () => {
  const { around, link } = await connected();
  for (let beat = 0; beat < 10; beat += 1) {
    await around.pass(5000);
    link.ears.event({ type: "duetto.pong", id: "1", seq: beat + 2 });
  }
  assert.equal(around.stages.at(-1), "open");
  await around.pass(25_000);
  assert.ok(around.stages.some((stage) => stage.startsWith("lost 1000 Nothing came")), around.stages.join());
});

test("events are acknowledged", async () => {
  const { link } = await connected();
  for (let seq = 2; seq <= 100; seq += 1) link.ears.event({ type: "x", seq });
  assert.deepEqual(link.sent.filter((event) => event.type === "duetto.ack").map((event) => event.seq), [40, 80]);
});

test("an ended conversation stays ended, and one that opens too late is closed", async () => {
  const { around, session, link } = await connected();
  session.end();
  link.ears.lost("");
  await around.pass(60_000);
  assert.equal(around.stages.at(-1), "ended");
  assert.equal(link.closed, true);

  const slow = world();
  const second = new Session(slow);
  second.start();
  second.end();
  slow.links[0].accept();
  await settle();
  assert.equal(slow.links[0].link.closed, true);
});

test("waits and Retry-After", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 50].map((attempt) => delay(attempt)), [1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.equal(delay(1, 9000), 9000);
  assert.equal(delay(1, 1e9), 120_000);
  assert.deepEqual(["5", null, "", "soon", "Thu, 01 Jan 1970 00:00:03 GMT"].map((header) => retryAfter(header, 1000)), [5000, 0, 0, 0, 2000]);
});
