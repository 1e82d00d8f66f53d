import assert from "node:assert/strict";
import { test } from "node:test";

import { Transcript } from "../../src/duetto/server/studio/transcript.js";

let ids = 0;
const edit = (kind, status, start_ms, end_ms, more) => ({ id: ++ids, stream: "", kind, status, start_ms, end_ms, ...more });
const word = (text, start, status = "added", utterance = 1) => edit("word", status, start, start + 100, { text, utterance });
const planned = (text, reply, at, status = "added") => edit("planned", status, at, at, { text, reply, clause: ++ids });
const heard = (text, reply, at) => edit("heard", "committed", at, at + 100, { text, reply, clause: 1 });
const told = (transcript) =>
  transcript.entries.map(({ who, text, open, cut }) => `${who}: ${text}${open ? " …" : ""}${cut ? " —" : ""}`);

function play(...edits) {
  const transcript = new Transcript();
  for (const one of edits) transcript.edit(one, one.end_ms);
  return transcript;
}

test("words are revised until they stay", () => {
  const [what, two, is] = [word("what", 0), word("two", 100), word("is", 100)];
  const transcript = play(what, two, { ...two, status: "revoked" }, is);
  assert.deepEqual(told(transcript), ["user: what is …"]);
  for (const one of [what, is]) transcript.edit({ ...one, status: "committed" }, 300);
  assert.deepEqual(told(transcript), ["user: what is"]);
});

test("words that were all wrong leave no entry", () => {
  const mistaken = word("uh", 0);
  assert.deepEqual(told(play(mistaken, { ...mistaken, status: "revoked" })), []);
});

test("a reply grows as it is heard, and ends with its plan", () => {
  const clause = planned("All right.", 3, 0);
  const transcript = play(clause, heard("All", 3, 100), heard("right.", 3, 200));
  assert.deepEqual(told(transcript), ["duetto: All right. …"]);
  transcript.edit({ ...clause, status: "committed" }, 400);
  assert.deepEqual(told(transcript), ["duetto: All right."]);
});

test("a reply that was interrupted says so; a draft never heard leaves nothing", () => {
  const [first, second] = [planned("one,", 3, 0), planned("two", 3, 0)];
  const transcript = play(first, second, heard("one,", 3, 100), { ...first, status: "committed" }, { ...second, status: "revoked" });
  assert.deepEqual(told(transcript), ["duetto: one, —"]);
  const draft = planned("Read what?", 4, 500);
  for (const one of [draft, { ...draft, status: "revoked" }]) transcript.edit(one, 600);
  assert.deepEqual(told(transcript), ["duetto: one, —"]);
});

test("who began first stands first", () => {
  const transcript = play(heard("later", 1, 2000), word("before", 1000));
  assert.deepEqual(told(transcript), ["user: before …", "duetto: later"]);
});

test("what is shown while it is said stands there once; what is only shown is an entry", () => {
  const transcript = play(planned("Hello.", 1, 0), edit("shown", "committed", 10, 10, { text: "Hello." }), heard("Hello.", 1, 100));
  transcript.edit(edit("shown", "committed", 9000, 9000, { text: "By text" }), 9000);
  transcript.edit(edit("shown", "committed", 9100, 9100, { text: "only." }), 9100);
  assert.deepEqual(told(transcript), ["duetto: Hello. …", "duetto: By text only."]);
});

test("lines, calls and notices", () => {
  const call = edit("called", "added", 100, 100, { call: 1, name: "weather", arguments: "{}" });
  const transcript = play(edit("line", "committed", 0, 50, { text: "what now?" }), call, edit("notice", "committed", 200, 200, { text: "The camera is gone." }));
  transcript.edit({ ...call, status: "committed", text: "sunny" }, 300);
  assert.deepEqual(told(transcript), ["user: what now?", "note: weather done: sunny", "note: The camera is gone."]);
});

test("a new conversation is divided from the old one, and its numbers are its own", () => {
  const transcript = play(word("old", 5000));
  transcript.divide();
  transcript.edit(word("new", 100), 200);
  assert.deepEqual(told(transcript), ["user: old", "note: New conversation", "user: new …"]);
});

test("without increments the ordinary events make it", () => {
  const transcript = new Transcript();
  transcript.event({ type: "conversation.item.input_audio_transcription.delta", item_id: "i", delta: "what tim" }, 100);
  transcript.event({ type: "conversation.item.input_audio_transcription.completed", item_id: "i", transcript: "what time is it" }, 200);
  transcript.event({ type: "response.output_audio_transcript.delta", response_id: "r", delta: "It is " }, 300);
  transcript.event({ type: "response.output_audio_transcript.delta", response_id: "r", delta: "noon" }, 310);
  transcript.event({ type: "response.done", response: { id: "r", status: "cancelled" } }, 400);
  assert.deepEqual(told(transcript), ["user: what time is it", "duetto: It is noon —"]);
});

test("it is bounded", () => {
  const transcript = new Transcript();
  for (let place = 0; place < 5000; place += 1) transcript.edit(edit("line", "committed", place, place, { text: "x" }), place);
  assert.equal(transcript.entries.length, 2000);
});
