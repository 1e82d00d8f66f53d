// Reads a recording of duetto's (MCAP, https://mcap.dev/spec) in the page: as the timeline that the server would give,
// and its sound. A file that was cut off is read as far as it is whole.

import { decompress } from "./zstd.js";

const MAGIC = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];
const CHANNEL = 0x04;
const MESSAGE = 0x05;
const CHUNK = 0x06;
const FOOTER = 0x02;
const MIC_RATE = 16_000;
const VOICE_RATE = 24_000;
const LEVEL_STEP_MS = 40;
const FORMAT = 1;
const TOPICS = ["/session", "/mic", "/voice", "/increments", "/micro_turns"];
/** int16 steps: a voice sample louder than this is heard. */
const AUDIBLE = 100;
/** ms of quiet after which duetto no longer has the floor. */
const FLOOR_PAUSE = 240;

/**
 * @param {Uint8Array} data of a whole file
 * @returns {Promise<{ timeline: object, wav: Blob }>} throws Error in plain words
 */
export async function readFile(data) {
  if (!MAGIC.every((value, place) => data[place] === value)) throw new Error("This is not an MCAP file.");
  const story = new Story();
  let whole = false;
  try {
    whole = records(data.subarray(8), story, true);
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) throw error; // in our own words
    throw new Error("This recording is damaged."); // a length, a text or a message that cannot be
  }
  if (story.info === null) throw new Error("This is not a recording of duetto's.");
  story.truncated = !whole;
  return { timeline: story.timeline(), wav: story.wav() };
}

/**
 * @param {Uint8Array} data
 * @param {Story} story
 * @param {boolean} outer whether chunks may come
 * @returns {boolean} whether it has its end
 */
function records(data, story, outer) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + 9 <= data.length; ) {
    const code = data[at];
    const length = Number(view.getBigUint64(at + 1, true));
    const start = at + 9;
    at = start + length;
    if (at > data.length) return false;
    const body = data.subarray(start, at);
    if (code === CHUNK && outer) {
      if (!chunk(body, story)) return false;
    } else if (code === CHANNEL) {
      const size = view.getUint32(start + 4, true);
      story.topics.set(view.getUint16(start, true), text(body.subarray(8, 8 + size)));
    } else if (code === MESSAGE) {
      const topic = story.topics.get(view.getUint16(start, true)) ?? "";
      if (TOPICS.includes(topic)) story.message(topic, JSON.parse(text(body.subarray(22))));
    } else if (code === FOOTER) return true;
  }
  return !outer;
}

/**
 * @param {Uint8Array} body
 * @param {Story} story
 * @returns {boolean} whether it was sound
 */
function chunk(body, story) {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const size = Number(view.getBigUint64(16, true));
  const name = view.getUint32(28, true);
  const compression = text(body.subarray(32, 32 + name));
  const stored = Number(view.getBigUint64(32 + name, true));
  const inside = body.subarray(40 + name, 40 + name + stored);
  if (inside.length !== stored) return false;
  if (compression === "zstd") return records(decompress(inside, size), story, false);
  if (compression === "") return records(inside, story, false);
  throw new Error(`This file is compressed with ${compression}, which this page cannot read.`);
}

const decoder = new TextDecoder();

/** @param {Uint8Array} bytes */
function text(bytes) {
  return decoder.decode(bytes);
}

/** What the messages of a file amount to. */
class Story {
  constructor() {
    /** @type {Map<number, string>} */
    this.topics = new Map();
    /** @type {any} */
    this.info = null;
    this.truncated = false;
    /** @type {object[]} */
    this._turns = [];
    /** @type {any[]} */
    this._edits = [];
    /** @type {Int16Array[]} */
    this._mic = [];
    /** @type {Int16Array[]} */
    this._voice = [];
    this._voiceFrom = -1;
    this._now = 0;
    this._floor = "";
    this._voicing = false;
    this._audibleAt = -Infinity;
    /** @type {{ mic: Int16Array[], voice: Int16Array[] }} */
    this._waiting = { mic: [], voice: [] };
  }

  /**
   * @param {string} topic
   * @param {any} body
   */
  message(topic, body) {
    switch (topic) {
      case "/session":
        if (Number(body.format) > FORMAT) throw new Error("This recording was made by a newer duetto.");
        this.info = body;
        return;
      case "/mic":
        this._waiting.mic.push(samples(body.data));
        return;
      case "/voice":
        this._waiting.voice.push(samples(body.data));
        return;
      case "/increments":
        this._edits.push(edit(body));
        return;
      default:
        this._turn(body);
    }
  }

  /**
   * A micro-turn is whole.
   * @param {any} body
   */
  _turn(body) {
    const now = body.span.end / 1e6;
    this._now = now;
    this._mic.push(...this._waiting.mic);
    for (const part of this._waiting.voice) {
      if (this._voiceFrom < 0) this._voiceFrom = Math.floor((body.span.end * VOICE_RATE) / 1e9);
      this._voice.push(part);
      if (part.some((sample) => Math.abs(sample) > AUDIBLE)) this._audibleAt = now;
    }
    this._waiting = { mic: [], voice: [] };
    for (const one of this._edits) if (one.kind === "voicing") this._voicing = one.status === "added";
    const speaks = now - this._audibleAt < FLOOR_PAUSE;
    const floor = this._voicing ? (speaks ? "both" : "user") : speaks ? "agent" : "nobody";
    const edits = this._edits.filter((one) => one.kind !== "sound");
    this._edits = [];
    if (edits.length > 0 || floor !== this._floor) this._turns.push({ now_ms: now, floor, edits });
    this._floor = floor;
  }

  timeline() {
    const { info } = this;
    return {
      format: 1,
      id: "file",
      title: typeof info.title === "string" ? info.title : "",
      started_at: Number(info.epoch_ns) / 1e9,
      duration_ms: this._now,
      delta_ms: Number(info.delta) / 1e6,
      truncated: this.truncated,
      turns: this._turns,
      levels: {
        step_ms: LEVEL_STEP_MS,
        mic: levels(join(this._mic, 0), MIC_RATE),
        voice: levels(join(this._voice, Math.max(0, this._voiceFrom)), VOICE_RATE),
      },
    };
  }

  /** Stereo, 16 bits, 24 kHz: the user on the left, duetto on the right. */
  wav() {
    const mic = join(this._mic, 0);
    const voice = join(this._voice, Math.max(0, this._voiceFrom));
    const count = Math.max(Math.floor((mic.length * VOICE_RATE) / MIC_RATE), voice.length);
    const buffer = new ArrayBuffer(44 + count * 4);
    const view = new DataView(buffer);
    const put = (/** @type {number} */ at, /** @type {string} */ word) => {
      for (let place = 0; place < word.length; place += 1) view.setUint8(at + place, word.charCodeAt(place));
    };
    put(0, "RIFF");
    view.setUint32(4, 36 + count * 4, true);
    put(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 2, true);
    view.setUint32(24, VOICE_RATE, true);
    view.setUint32(28, VOICE_RATE * 4, true);
    view.setUint16(32, 4, true);
    view.setUint16(34, 16, true);
    put(36, "data");
    view.setUint32(40, count * 4, true);
    for (let place = 0; place < count; place += 1) {
      const at = (place * MIC_RATE) / VOICE_RATE;
      const first = Math.floor(at);
      const a = mic[first] ?? 0;
      view.setInt16(44 + place * 4, Math.round(a + ((mic[first + 1] ?? a) - a) * (at - first)), true);
      view.setInt16(46 + place * 4, voice[place] ?? 0, true);
    }
    return new Blob([buffer], { type: "audio/wav" });
  }
}

/**
 * An increment of a recording as an edit of the wire.
 * @param {any} body
 */
function edit({ id, stream, status, span, payload }) {
  return { ...payload, id, stream, status, start_ms: span.start / 1e6, end_ms: span.end / 1e6 };
}

/** @param {string} base64 of int16 little-endian */
function samples(base64) {
  const binary = atob(base64);
  const found = new Int16Array(binary.length >> 1);
  for (let place = 0; place < found.length; place += 1) {
    found[place] = binary.charCodeAt(2 * place) | (binary.charCodeAt(2 * place + 1) << 8);
  }
  return found;
}

/**
 * @param {Int16Array[]} parts
 * @param {number} before samples of silence
 */
function join(parts, before) {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, before));
  let at = before;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * RMS in dB of full scale, one value for each step.
 * @param {Int16Array} sound
 * @param {number} rate
 */
export function levels(sound, rate) {
  const size = (rate * LEVEL_STEP_MS) / 1000;
  /** @type {number[]} */
  const found = [];
  for (let from = 0; from < sound.length; from += size) {
    const part = sound.subarray(from, from + size);
    let sum = 0;
    for (const sample of part) sum += sample * sample;
    found.push(Math.max(-120, Math.round(10 * Math.log10(sum / part.length / 32768 ** 2 + 1e-12))));
  }
  return found;
}
