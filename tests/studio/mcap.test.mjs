import assert from "node:assert/strict";
import { test } from "node:test";

import { levels, readFile } from "../../src/duetto/server/studio/mcap.js";
import { readTimeline } from "../../src/duetto/server/studio/recording.js";

const MAGIC = Buffer.from("894d434150300d0a", "hex");

function record(code, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(9);
  head[0] = code;
  head.writeBigUInt64LE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

const u16 = (value) => Buffer.from([value & 255, value >> 8]);
const u32 = (value) => Buffer.from(new Uint32Array([value]).buffer);
const u64 = (value) => Buffer.from(new BigUint64Array([BigInt(value)]).buffer);
const string = (text) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]);
const TOPICS = ["/session", "/mic", "/voice", "/increments", "/micro_turns", "/actions"];
const channels = TOPICS.map((topic, place) => record(4, u16(place + 1), u16(0), string(topic), string("json"), u32(0)));
const message = (topic, body) =>
  record(5, u16(TOPICS.indexOf(topic) + 1), u32(0), u64(0), u64(0), Buffer.from(JSON.stringify(body)));
const chunk = (...records) => {
  const inside = Buffer.concat(records);
  return record(6, u64(0), u64(0), u64(inside.length), u32(0), string(""), u64(inside.length), inside);
};
const sound = (count, value) => ({ data: Buffer.from(new Int16Array(count).fill(value).buffer).toString("base64") });
const turn = (index) => ({ index, span: { start: index * 40e6, end: (index + 1) * 40e6 }, rounds: [], voice: 1, timing: {} });
const info = { duetto: "0", delta: 40_000_000, epoch_ns: 2_000_000_000, title: "A talk", format: 1 };
const line = { id: 1, stream: "keys", span: { start: 0, end: 30e6 }, payload: { kind: "line", text: "hi" }, status: "committed", at: 40e6, source: "" };

function file({ end = true, session = info } = {}) {
  return new Uint8Array(
    Buffer.concat([
      MAGIC,
      record(1, string("duetto"), string("")),
      chunk(...channels, message("/session", session)),
      chunk(message("/mic", sound(640, 0)), message("/increments", line), message("/voice", sound(960, 9000)), message("/micro_turns", turn(0))),
      chunk(message("/mic", sound(640, 0)), message("/actions", {}), message("/voice", sound(960, 0)), message("/micro_turns", turn(1))),
      ...(end ? [record(15, u32(0)), record(2, u64(0), u64(0), u32(0)), MAGIC] : []),
    ]),
  );
}

test("a recording is read as a timeline and its sound", async () => {
  const { timeline, wav } = await readFile(file());
  const { heading, transcript, model, truncated, delta } = readTimeline(timeline);
  assert.deepEqual([heading.title, heading.length, heading.started, delta, truncated], ["A talk", 80, 2, 40, false]);
  assert.deepEqual([transcript.entries[0].text, model.floors[0].who], ["hi", "agent"]);
  assert.deepEqual([model.mic.db, model.voice.db], [[-120, -120], [-120, -11, -120]]); // its voice begins after the first micro-turn
  assert.equal(wav.size, 44 + 4 * 3 * 960);
});

test("a file that was cut off is read as far as it is whole", async () => {
  const whole = file({ end: false });
  for (const data of [whole, whole.subarray(0, whole.length - 30)]) {
    const { timeline } = await readFile(data);
    assert.equal(timeline.truncated, true);
    assert.ok(timeline.duration_ms >= 40);
  }
});

test("what is no recording of duetto's is refused in plain words", async () => {
  await assert.rejects(readFile(new Uint8Array(100)), /not an MCAP file/);
  await assert.rejects(readFile(new Uint8Array(Buffer.concat([MAGIC, record(1, string("x"), string(""))]))), /not a recording of duetto/);
  await assert.rejects(readFile(file({ session: { ...info, format: 9 } })), /newer duetto/);
});

test("damage is refused in plain words", async () => {
  const data = file();
  let seed = 5;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 500; round += 1) {
    const broken = data.slice();
    broken[8 + random(broken.length - 8)] ^= 1 << random(8);
    await readFile(broken).catch((error) => assert.match(error.message, /recording|file|compressed/i));
  }
});

test("levels are decibels of full scale", () => {
  assert.deepEqual(levels(new Int16Array(640).fill(16384), 16_000), [-6]);
  assert.deepEqual(levels(new Int16Array(0), 16_000), []);
});
