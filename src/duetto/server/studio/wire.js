// What goes over the wire: the types of the events the page knows, and how a message becomes one of them.

/** @typedef {"added" | "committed" | "revoked"} Status */
/** @typedef {"user" | "agent" | "both" | "nobody"} Floor */

/**
 * One edit of the timeline. All times are ms of media time. The other fields are those of its kind.
 * @typedef {{
 *   id: number, stream: string, status: Status, start_ms: number, end_ms: number, kind: string,
 *   text?: string, utterance?: number, reply?: number, clause?: number, probability?: number, level_db?: number,
 *   region?: string, level?: number, count?: number, side?: string, names?: string[], name?: string, brightness?: number, paused?: boolean,
 *   call?: number, arguments?: string, failed?: boolean, part?: string, order?: string, n?: number,
 * }} Edit
 */

/**
 * What was known at the end of a micro-turn.
 * @typedef {{ now_ms: number, floor: Floor, late_ms?: number, compute_ms?: number, edits: Edit[] }} Increments
 */

/**
 * Any event of the server. Only `type` is certain.
 * @typedef {{ type: string, [field: string]: any }} Event
 */

/**
 * The event in a message, or null for what is none.
 * @param {unknown} data
 * @returns {Event | null}
 */
export function decode(data) {
  if (typeof data !== "string") return null;
  try {
    const event = JSON.parse(data);
    return event !== null && typeof event === "object" && typeof event.type === "string" ? event : null;
  } catch {
    return null;
  }
}

/**
 * The increments in an event, made safe: times are numbers, edits are a list of well-formed edits. Null for others.
 * @param {any} event
 * @returns {Increments | null}
 */
export function increments(event) {
  if (event === null || typeof event !== "object" || !Number.isFinite(event.now_ms)) return null;
  const edits = Array.isArray(event.edits) ? event.edits.filter(wellFormed) : [];
  const floor = ["user", "agent", "both"].includes(event.floor) ? event.floor : "nobody";
  return { now_ms: event.now_ms, floor, late_ms: number(event.late_ms), compute_ms: number(event.compute_ms), edits };
}

/** @param {any} edit */
function wellFormed(edit) {
  return (
    edit !== null &&
    typeof edit === "object" &&
    Number.isFinite(edit.id) &&
    Number.isFinite(edit.start_ms) &&
    Number.isFinite(edit.end_ms) &&
    typeof edit.kind === "string" &&
    ["added", "committed", "revoked"].includes(edit.status)
  );
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
