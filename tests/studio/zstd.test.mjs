import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decompress } from "../../src/duetto/server/studio/zstd.js";

/** Frames of the reference implementation, with the length and CRC-32 of what they hold. */
const frames = JSON.parse(readFileSync(new URL("zstd.json", import.meta.url), "utf8"));
const bytes = (frame) => new Uint8Array(Buffer.from(frame, "base64"));

function crc32(data) {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

for (const { name, frame, size, crc32: sum } of frames) {
  test(`decompresses: ${name}`, () => {
    const data = decompress(bytes(frame), size);
    assert.equal(data.length, size);
    assert.equal(crc32(data), sum);
  });
}

test("damage is told in plain words, and never hangs", () => {
  let seed = 11;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 4000; round += 1) {
    const { frame, size } = frames[random(frames.length - 1)];
    const data = bytes(frame);
    data[random(data.length)] ^= 1 << random(8);
    const cut = round % 4 === 0 ? data.subarray(0, random(data.length)) : data;
    try {
      decompress(cut, size);
    } catch (error) {
      assert.match(error.message, /^Damaged compressed data/);
    }
  }
});

test("a size that cannot be is refused before anything is kept", () => {
  assert.throws(() => decompress(bytes(frames[0].frame), 2 ** 40), /claims/);
});
