// How quick duetto is, read off the timeline: from the end of the user's voice to the first word of the reply, and from
// the moment the user starts over duetto to its silence. The bench measures samples; this measures what the page knows.

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Item} Item */

/**
 * A stretch of media time (ms) with what it took.
 * @typedef {{ voicing: number, what: "reply" | "silent", start: number, end: number }} Latency
 */

/** Silence longer than this (ms) ends a stretch of speech: words and clauses have shorter gaps. */
const PAUSE = 400;
/** A voice that begins later than this (ms) after the user's end is no reply to it. */
const REPLY_WITHIN = 2500;
/** A voice that falls silent later than this (ms) after the user cut in did not stop for it. */
const HALT_WITHIN = 2000;

/**
 * Stretches in which duetto's voice was heard.
 * @param {Item[]} heard
 * @returns {{ start: number, end: number }[]}
 */
export function stretches(heard) {
  /** @type {{ start: number, end: number }[]} */
  const found = [];
  for (const word of heard) {
    const last = found[found.length - 1];
    if (last !== undefined && word.start - last.end <= PAUSE) last.end = Math.max(last.end, word.end);
    else found.push({ start: word.start, end: word.end });
  }
  return found;
}

/**
 * All that can be measured in what the model holds, by the moment it begins.
 * @param {Model} model
 * @returns {Latency[]}
 */
export function latencies(model) {
  const spoken = stretches(model.lanes.heard);
  const voicings = model.lanes.voicings.filter((item) => item.revoked === Infinity);
  /** @type {Latency[]} */
  const found = [];
  voicings.forEach((voicing, place) => {
    const until = voicings[place + 1]?.start ?? Infinity;
    const silent = silentAfter(model, voicing);
    if (silent !== null) found.push({ voicing: voicing.id, what: "silent", start: voicing.start, end: silent });
    if (voicing.committed === Infinity) return;
    if (spoken.some((stretch) => stretch.start < voicing.end && voicing.end < stretch.end)) return;
    const reply = spoken.find((stretch) => stretch.start >= voicing.end)?.start;
    if (reply === undefined || reply > until || reply - voicing.end > REPLY_WITHIN) return;
    found.push({ voicing: voicing.id, what: "reply", start: voicing.end, end: reply });
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/**
 * When duetto fell silent for a voice that started over it: the floor was both's, and then no longer duetto's.
 * @param {Model} model
 * @param {Item} voicing
 * @returns {number | null}
 */
function silentAfter(model, voicing) {
  const { floors } = model;
  for (let place = 0; place < floors.length; place += 1) {
    const floor = /** @type {{ at: number, who: string }} */ (floors[place]);
    const next = floors[place + 1];
    if (floor.who !== "both" || next === undefined || next.at <= voicing.start) continue;
    if (floor.at > voicing.start + HALT_WITHIN) return null;
    if (next.who === "agent" || next.at - voicing.start > HALT_WITHIN) return null;
    const before = floors[place - 1];
    return before !== undefined && before.who === "agent" ? next.at : null;
  }
  return null;
}

/** What was measured in the whole conversation, though the timeline forgets. At most the last 1,000 of each kind. */
export class Tally {
  constructor() {
    /** @type {Map<string, Latency>} */
    this._all = new Map();
    this._version = -1;
    /** @type {Latency[]} those that the model still holds */
    this.recent = [];
  }

  /** @param {Model} model */
  update(model) {
    if (model.version === this._version) return;
    this._version = model.version;
    this.recent = latencies(model);
    for (const latency of this.recent) this._all.set(`${latency.what}${latency.voicing}`, latency);
    for (const key of this._all.keys()) {
      if (this._all.size <= 2000) break;
      this._all.delete(key);
    }
  }

  /**
   * The last value, the median and how many there are, of those that were over at media time `at`; null for none.
   * @param {"reply" | "silent"} what
   * @param {number} [at] ms
   * @returns {{ last: number, median: number, count: number } | null}
   */
  summary(what, at = Infinity) {
    const values = [...this._all.values()].filter((l) => l.what === what && l.end <= at).map((l) => l.end - l.start);
    if (values.length === 0) return null;
    const last = /** @type {number} */ (values[values.length - 1]);
    values.sort((a, b) => a - b);
    const middle = values.length >> 1;
    const upper = /** @type {number} */ (values[middle]);
    const median = values.length % 2 === 1 ? upper : (upper + /** @type {number} */ (values[middle - 1])) / 2;
    return { last, median, count: values.length };
  }
}
