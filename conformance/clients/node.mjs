// What the Node clients share: where the server is, sound files, and how steps are reported.

import { appendFileSync, readFileSync } from "node:fs";
import { Talk } from "./steps.mjs";

export const { DUETTO_HTTP: HTTP, DUETTO_HTTPS: HTTPS, DUETTO_SPEECH: SPEECH, DUETTO_EVENTS: EVENTS } = process.env;

export const report = (step) => process.stdout.write(`${JSON.stringify(step)}\n`);

// Samples of a sound file of ours: PCM behind a header of 44 bytes.
export function load(name, rate) {
  const data = readFileSync(`${SPEECH}/${name}-${rate}.wav`);
  return new Int16Array(data.buffer.slice(data.byteOffset + 44, data.byteOffset + data.length));
}

export const talk = (more) => new Talk({ report, load, ...more });

// Keeps an event of the server's, where nobody else can see it.
export const keep = (event) => appendFileSync(EVENTS, `${JSON.stringify(event)}\n`);

export const toBase64 = (samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString("base64");

export function fromBase64(text) {
  const data = Buffer.from(text, "base64");
  return new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
}

export const open = (socket) => new Promise((resolve) => socket.once("open", resolve));
export const closed = (socket) => new Promise((resolve) => socket.once("close", resolve));
