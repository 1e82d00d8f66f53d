import assert from "node:assert/strict";
import { test } from "node:test";

import { Tally, latencies, stretches } from "../../src/duetto/server/studio/latency.js";
import { Model } from "../../src/duetto/server/studio/model.js";

let ids = 0;
const voicing = (start_ms, end_ms, status = "committed") => ({ id: ++ids, stream: "mic", kind: "voicing", status, start_ms, end_ms });
const heard = (start_ms, end_ms) => ({ id: ++ids, stream: "voice", kind: "heard", status: "committed", start_ms, end_ms, text: "a" });

function model(...turns) {
  const made = new Model();
  for (const [now_ms, floor, ...edits] of turns) made.take({ now_ms, floor, edits });
  return made;
}

const told = (made) => latencies(made).map(({ what, start, end }) => `${what} ${start}-${end}`);

test("words with short gaps are one stretch", () => {
  const words = [heard(0, 100), heard(300, 400), heard(900, 1000)].map((e) => ({ start: e.start_ms, end: e.end_ms }));
  assert.deepEqual(stretches(words), [{ start: 0, end: 400 }, { start: 900, end: 1000 }]);
});

test("a reply is measured from the end of the user's voice", () => {
  assert.deepEqual(told(model([1000, "user", voicing(100, 900)], [1500, "agent", heard(1140, 1400)])), ["reply 900-1140"]);
});

test("a voice that still goes on has no reply", () => {
  assert.deepEqual(told(model([1000, "user", voicing(100, 900, "added")], [1500, "agent", heard(1140, 1400)])), []);
});

test("a voice much later, or after the next words of the user, is none", () => {
  assert.deepEqual(told(model([1000, "user", voicing(100, 900)], [9000, "agent", heard(5000, 5400)])), []);
  const made = model([1000, "user", voicing(100, 900)], [1600, "user", voicing(1100, 1500)], [2500, "agent", heard(1800, 2000)]);
  assert.deepEqual(told(made), ["reply 1500-1800"]);
});

test("silence is measured from the moment the user starts over it", () => {
  const made = model(
    [1000, "agent", heard(500, 900)],
    [1280, "both", voicing(1200, 1280, "added")],
    [1440, "user"],
  );
  assert.deepEqual(told(made), ["silent 1200-1440"]);
});

test("a voice that duetto talked through is none", () => {
  const made = model([1000, "agent", heard(500, 900)], [1280, "both", voicing(1200, 1360)], [1400, "agent", heard(1300, 1800)]);
  assert.deepEqual(told(made), []);
});

test("the tally keeps what the model forgets", () => {
  const made = new Model(5000);
  const tally = new Tally();
  for (let round = 0; round < 30; round += 1) {
    const at = round * 10_000;
    made.take({ now_ms: at + 1000, floor: "user", edits: [voicing(at + 100, at + 900)] });
    made.take({ now_ms: at + 1500, floor: "agent", edits: [heard(at + 1000 + round * 10, at + 1400)] });
    tally.update(made);
  }
  const summary = tally.summary("reply");
  assert.deepEqual(summary, { last: 390, median: 245, count: 30 });
  assert.equal(tally.summary("reply", 2000).count, 1);
  assert.equal(tally.summary("silent"), null);
});
