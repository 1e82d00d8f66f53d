import assert from "node:assert/strict";
import { test } from "node:test";

import { layout } from "../../src/duetto/server/studio/lanes.js";
import { MediaClock } from "../../src/duetto/server/studio/clock.js";
import { Model } from "../../src/duetto/server/studio/model.js";
import { clock, loudness, sight } from "../../src/duetto/server/studio/rows.js";

let ids = 0;
const edit = (kind, status, start_ms, end_ms, more = {}) => ({ id: ++ids, stream: "", kind, status, start_ms, end_ms, ...more });

function view(at, more = {}) {
  return { at, span: 6000, width: 900, height: 500, narrow: false, still: false, measure: (text) => text.length * 7, latencies: [], ...more };
}

function conversation() {
  const model = new Model();
  const word = edit("word", "added", 1000, 1200, { text: "two", utterance: 1 });
  const draft = edit("planned", "added", 1400, 1400, { text: "Which two?", reply: 1, clause: 1 });
  const said = edit("planned", "added", 2000, 2000, { text: "All right,", reply: 2, clause: 2 });
  const rest = edit("planned", "added", 2000, 2000, { text: "I will.", reply: 2, clause: 3 });
  const turns = [
    [1040, "user", edit("voicing", "added", 980, 1040)],
    [1240, "user", word],
    [1400, "user", draft],
    [1500, "user", { ...word, status: "revoked" }, edit("word", "committed", 1000, 1300, { text: "to", utterance: 1 })],
    [1600, "nobody", { ...draft, status: "revoked" }],
    [2000, "nobody", said, rest],
    [2600, "agent", edit("heard", "committed", 2300, 2550, { text: "All", reply: 2, clause: 2 })],
    [3000, "agent", edit("called", "added", 2800, 2800, { call: 1, name: "weather" })],
  ];
  for (const [now_ms, floor, ...edits] of turns) model.take({ now_ms, floor, edits });
  return model;
}

const texts = (shapes) => shapes.filter((shape) => shape.kind === "text");
const find = (shapes, text) => texts(shapes).find((shape) => shape.text === text);

test("what was known at a moment is drawn, and nothing of later", () => {
  const model = conversation();
  const then = layout(model, view(1450));
  assert.ok(find(then, "two").under, "a partial word is underlined");
  assert.equal(find(then, "to"), undefined);
  assert.equal(find(then, "All right,"), undefined);
  const later = layout(model, view(3100));
  assert.equal(find(later, "two"), undefined);
  assert.equal(find(later, "to").under, false);
});

test("a draft that was dropped is struck out; what is not said yet stands right of now", () => {
  const shapes = layout(conversation(), view(3100));
  assert.equal(find(shapes, "Which two?").struck, true);
  const now = find(shapes, "now").x;
  assert.ok(find(shapes, "I will.").x > now);
  assert.ok(find(shapes, "All").x < now);
});

test("time goes to the right, and now has its place", () => {
  const shapes = layout(conversation(), view(3100));
  assert.ok(find(shapes, "to").x < find(shapes, "All").x);
  const x = find(layout(conversation(), view(9100)), "now").x;
  assert.equal(find(shapes, "now").x, x);
});

test("without motion the window stands and now walks", () => {
  const one = layout(conversation(), view(3100, { still: true }));
  const two = layout(conversation(), view(3900, { still: true }));
  assert.equal(find(one, "to").x, find(two, "to").x);
  assert.ok(find(one, "now").x < find(two, "now").x);
});

test("the row of tools is there once a tool was called", () => {
  assert.equal(find(layout(conversation(), view(2700)), "Tools"), undefined);
  assert.ok(find(layout(conversation(), view(3100)), "Tools"));
});

test("a latency is written beside its bracket, once it is over", () => {
  const latencies = [{ voicing: 1, what: "reply", start: 1300, end: 2300 }];
  assert.ok(find(layout(conversation(), view(3100, { latencies })), "reply after 1000 ms"));
  assert.equal(find(layout(conversation(), view(2000, { latencies })), "reply after 1000 ms"), undefined);
});

test("no shape has a place that is no number, at any width", () => {
  for (const width of [60, 320, 900, 2400]) {
    for (const at of [0, 1450, 3100, 50_000]) {
      for (const shape of layout(conversation(), view(at, { width, narrow: width < 560 }))) {
        for (const [name, value] of Object.entries(shape)) {
          if (typeof value === "number") assert.ok(Number.isFinite(value), `${shape.kind}.${name} at ${at}, ${width} px`);
        }
        if (shape.kind === "bar") assert.ok(shape.w >= 0 && shape.h >= 0);
      }
    }
  }
});

test("people, movements, hands, what is read and orders that were met have their place in what is seen", () => {
  const model = new Model();
  const seen = [
    edit("person", "added", 1000, 1000, { stream: "camera" }),
    edit("movement", "added", 1500, 1500, { name: "squat", count: 2 }),
    edit("raised-hand", "committed", 2000, 2400, { side: "right" }),
    edit("reading", "added", 2500, 2500, { text: "build: failed", stream: "screen" }),
    edit("fired", "committed", 2900, 2900, { order: "the build", n: 2, text: "It failed." }),
  ];
  for (const one of seen) model.take({ now_ms: one.start_ms + 40, floor: "nobody", edits: [one] });
  const words = ["somebody", "squat 2", "right hand raised", "“build: failed”", "⚑ the build 2"];
  assert.deepEqual(model.lanes.seen.map(sight), words);
  const drawn = words.filter((text) => find(layout(model, view(3000)), text));
  assert.ok(drawn.length >= 3 && drawn.includes("somebody"), drawn.join());
});

test("what is seen has its words, and a long line that was read is cut at one", () => {
  const words = (/** @type {string} */ kind, /** @type {object} */ edit) => sight(/** @type {any} */ ({ kind, edit }));
  assert.equal(words("person", {}), "somebody");
  assert.equal(words("movement", { name: "squat", count: 3 }), "squat 3");
  assert.equal(words("movement", { name: "wave", count: 0 }), "wave");
  assert.equal(words("raised-hand", { side: "left" }), "left hand raised");
  assert.equal(words("reading", { text: "build: failed" }), "“build: failed”");
  assert.equal(words("reading", { text: "npm run build exited with code 1 after 12 seconds" }), "“npm run build exited with code 1 after…”");
  assert.equal(words("reading", { text: "x".repeat(200) }), `“${"x".repeat(40)}…”`);
});

test("loudness and minutes", () => {
  assert.deepEqual([-120, -58, -35, -12, 0].map(loudness), [0, 0, 0.5, 1, 1]);
  assert.deepEqual([0, 9.9, 61, 3600].map(clock), ["0:00", "0:09", "1:01", "60:00"]);
});

test("media time is smooth, never backwards, and not far ahead of the server", () => {
  const time = new MediaClock();
  assert.equal(time.at(5), 0);
  time.hear(1000, 5000);
  assert.equal(time.at(5100), 1100);
  assert.equal(time.at(9000), 1300);
  time.hear(1040, 5090);
  assert.equal(time.at(5100), 1300);
  time.hear(4000, 8040);
  assert.ok(Math.abs(time.at(8140) - 4100) < 60);
});
