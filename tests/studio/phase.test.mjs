import assert from "node:assert/strict";
import { test } from "node:test";

import { START, microphoneStage, phase, pictureProblem } from "../../src/duetto/server/studio/phase.js";
import { heading, readTimeline } from "../../src/duetto/server/studio/recording.js";
import { decode, increments } from "../../src/duetto/server/studio/wire.js";

const at = (change) => phase({ ...START, ...change });

test("a lost connection says when it is tried again", () => {
  const lost = at({ stage: "lost", retry: 1.4 });
  assert.equal(`${lost.title}. ${lost.detail}`, "Connection lost. Trying again in 2 s.");
  assert.equal(at({ stage: "lost", retry: 0 }).detail, "Trying again now.");
});

test("every state has words", () => {
  const stages = ["idle", "asking", "connecting", "open", "refused", "missing", "busy", "insecure", "key", "full", "failed", "lost", "ended"];
  for (const stage of stages) assert.notEqual(at({ stage }).title, "", stage);
});

test("who has the floor shows, muted or not", () => {
  const names = (change) => ["nobody", "user", "agent", "both"].map((floor) => at({ stage: "open", floor, ...change }).name);
  assert.deepEqual(names({}), ["listening", "hearing", "speaking", "overlap"]);
  assert.deepEqual(names({ muted: true }), ["muted", "muted", "speaking", "overlap"]);
});

test("why there is no microphone", () => {
  assert.equal(microphoneStage("NotAllowedError"), "refused");
  assert.equal(microphoneStage("NotFoundError"), "missing");
  assert.equal(microphoneStage("NotReadableError"), "busy");
  assert.match(pictureProblem("camera", "NotFoundError"), /no camera/);
});

test("a key that is missing and one that is wrong", () => {
  assert.match(at({ stage: "key" }).title, /wants a key/);
  assert.match(at({ stage: "key", why: "wrong" }).title, /not accepted/);
});

test("what is no event is none", () => {
  for (const data of ["", "{", "null", "3", '{"type":3}', new ArrayBuffer(2)]) assert.equal(decode(data), null);
  assert.deepEqual(decode('{"type":"a"}'), { type: "a" });
});

test("increments that are malformed are left out", () => {
  const good = { id: 1, kind: "voicing", status: "added", start_ms: 0, end_ms: 1 };
  const read = increments({ now_ms: 5, floor: "everybody", edits: [good, null, { ...good, id: "x" }, { ...good, status: "lost" }] });
  assert.deepEqual([read.edits.length, read.floor], [1, "nobody"]);
  assert.equal(increments({ now_ms: "5" }), null);
});

test("the timeline of a recording is read, and nonsense is refused in plain words", () => {
  const line = { id: 1, stream: "keys", kind: "line", status: "committed", start_ms: 0, end_ms: 10, text: "hi" };
  const body = { format: 1, id: "a", title: "", started_at: 5, duration_ms: 1000, delta_ms: 40, turns: [{ now_ms: 40, floor: "nobody", edits: [line] }], levels: { step_ms: 40, mic: [-20], voice: [-120] } };
  const read = readTimeline(body);
  assert.deepEqual([read.heading.title, read.transcript.entries[0].text, read.model.mic.db[0], read.delta], ["Conversation", "hi", -20, 40]);
  assert.throws(() => readTimeline({}), /not the timeline/);
  assert.throws(() => readTimeline({ ...body, format: 2 }), /newer/);
  assert.equal(heading({ title: "no id" }), null);
});
