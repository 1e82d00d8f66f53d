import assert from "node:assert/strict";
import { test } from "node:test";

import { Model, firstSince, lookAt, putLevel } from "../../src/duetto/server/studio/model.js";

let ids = 0;
const edit = (kind, status, start_ms, end_ms, more = {}) => ({ id: ++ids, stream: "mic", kind, status, start_ms, end_ms, ...more });
const take = (model, now_ms, edits = [], floor = "nobody") => model.take({ now_ms, floor, edits });

test("an item knows since when it was added, committed, revoked", () => {
  const model = new Model();
  const word = edit("word", "added", 100, 300, { text: "to" });
  take(model, 320, [word]);
  take(model, 400, [{ ...word, status: "revoked" }]);
  const [item] = model.lanes.words;
  assert.deepEqual([300, 320, 399, 400].map((at) => lookAt(item, at)), ["unknown", "partial", "partial", "revoked"]);
});

test("a span grows, and is final once committed", () => {
  const model = new Model();
  const voicing = edit("voicing", "added", 100, 200);
  take(model, 200, [voicing]);
  take(model, 280, [{ ...voicing, end_ms: 280 }]);
  take(model, 360, [{ ...voicing, status: "committed", end_ms: 300 }]);
  assert.equal(model.lanes.voicings.length, 1);
  assert.deepEqual([model.lanes.voicings[0].end, model.lanes.voicings[0].committed], [300, 360]);
});

test("the line as the server knows it", () => {
  const model = new Model();
  const first = edit("typing", "added", 0, 10, { text: "w" });
  const second = edit("typing", "added", 0, 20, { text: "wh" });
  take(model, 40, [first]);
  take(model, 80, [{ ...first, status: "revoked" }, second]);
  assert.equal(model.line, "wh");
  take(model, 120, [{ ...second, status: "revoked" }, edit("line", "committed", 0, 100, { text: "wh" })]);
  assert.equal(model.line, "");
});

test("the past is forgotten while live, and kept in a recording", () => {
  for (const [model, most] of [[new Model(1000), 100], [new Model(Infinity), 2000]]) {
    for (let at = 0; at < 200_000; at += 100) take(model, at, [edit("heard", "committed", at, at + 80, { text: "a" })]);
    assert.ok(model.lanes.heard.length <= most, String(model.lanes.heard.length));
    assert.equal(model._items.size, model.lanes.heard.length);
  }
});

test("what is still open is not forgotten", () => {
  const model = new Model(1000);
  const clause = edit("planned", "added", 0, 0, { text: "later" });
  take(model, 0, [clause]);
  for (let at = 0; at < 60_000; at += 100) take(model, at, [edit("heard", "committed", at, at + 80)]);
  assert.equal(model.lanes.planned.length, 1);
  take(model, 60_100, [{ ...clause, status: "committed", start_ms: 59_000, end_ms: 60_000 }]);
  assert.equal(model.lanes.planned[0].start, 59_000);
});

test("floors are kept as they change", () => {
  const model = new Model();
  for (const [at, who] of [[40, "nobody"], [80, "user"], [120, "user"], [160, "both"]]) take(model, at, [], who);
  assert.deepEqual(model.floors.map((floor) => `${floor.at} ${floor.who}`), ["40 nobody", "80 user", "160 both"]);
});

test("levels have their place in time, gaps are quiet, and they are bounded", () => {
  const levels = { from: 0, step: 100, db: [] };
  putLevel(levels, 1010, -30, 1000);
  putLevel(levels, 1060, -20, 1000);
  putLevel(levels, 1310, -40, 1000);
  assert.deepEqual([levels.from, levels.db], [1000, [-20, -120, -120, -40]]);
  for (let at = 0; at < 1_000_000; at += 100) putLevel(levels, at, -30, 500);
  assert.ok(levels.db.length <= 800);
  assert.equal(levels.from + levels.db.length * levels.step, 1_000_000);
});

test("the first item since a moment is found", () => {
  const lane = [0, 10, 10, 20].map((added) => ({ added }));
  assert.deepEqual([0, 5, 10, 11, 21].map((from) => firstSince(lane, from)), [0, 1, 1, 3, 4]);
});
