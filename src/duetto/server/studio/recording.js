// A recording as the server gives it: `timeline.json` as a whole model and transcript.

import { Model } from "./model.js";
import { Transcript } from "./transcript.js";
import { increments } from "./wire.js";

/**
 * started: unix time in s. The list of `GET /v1/recordings` holds these too.
 * @typedef {{ id: string, title: string, started: number, length: number }} Heading
 */

/** @typedef {{ heading: Heading, model: Model, transcript: Transcript, delta: number, truncated: boolean }} Recorded */

/**
 * @param {any} item of the list
 * @returns {Heading | null}
 */
export function heading(item) {
  if (item === null || typeof item !== "object" || typeof item.id !== "string" || item.id === "") return null;
  const title = typeof item.title === "string" && item.title !== "" ? item.title : "Conversation";
  return { id: item.id, title, started: Number(item.started_at ?? item.created) || 0, length: Number(item.duration_ms) || 0 };
}

/**
 * @param {any} body of `timeline.json`
 * @returns {Recorded} throws Error in plain words
 */
export function readTimeline(body) {
  const head = heading({ id: "file", ...body });
  if (head === null || !Array.isArray(body?.turns)) throw new Error("This is not the timeline of a recording.");
  if (body.format !== 1) throw new Error("This recording was made by a newer duetto.");
  const model = new Model(Infinity);
  const transcript = new Transcript();
  for (const turn of body.turns) {
    const message = increments(turn);
    if (message === null) continue;
    model.take(message);
    for (const edit of message.edits) transcript.edit(edit, message.now_ms);
  }
  const step = Number(body.levels?.step_ms);
  if (step > 0) {
    if (Array.isArray(body.levels.mic)) model.mic = { from: 0, step, db: body.levels.mic.map(Number) };
    if (Array.isArray(body.levels.voice)) model.voice = { from: 0, step, db: body.levels.voice.map(Number) };
  }
  head.length = Math.max(head.length, model.now);
  for (const entry of transcript.entries) entry.open = false;
  transcript.version += 1;
  return { heading: head, model, transcript, delta: Number(body.delta_ms) || 0, truncated: body.truncated === true };
}
