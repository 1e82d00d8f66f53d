// The timeline in the page: increments as items that know since when they were added, committed or revoked. So it can
// be drawn as it was known at any moment. Live it is bounded by time, in a recording by number.

/** @typedef {import("./wire.js").Edit} Edit */
/** @typedef {import("./wire.js").Increments} Increments */
/** @typedef {import("./wire.js").Floor} Floor */

/**
 * added, committed, revoked: media time (ms) at which each was known; Infinity for not yet.
 * @typedef {{
 *   id: number, kind: string, stream: string, start: number, end: number, text: string,
 *   added: number, committed: number, revoked: number, edit: Edit,
 * }} Item
 */

/** Levels of a sound: value number i is dBFS of the span from `from + i * step` on, in ms.
 * @typedef {{ from: number, step: number, db: number[] }} Levels */

const KINDS = {
  word: "words",
  voicing: "voicings",
  motion: "seen",
  scene: "seen",
  face: "seen",
  light: "seen",
  colours: "seen",
  person: "seen",
  movement: "seen",
  "raised-hand": "seen",
  reading: "seen",
  fired: "seen",
  typing: "typed",
  line: "typed",
  planned: "planned",
  heard: "heard",
  called: "called",
  notice: "notices",
};
/** @typedef {"words" | "voicings" | "seen" | "typed" | "planned" | "heard" | "called" | "notices"} Lane */

const MOST_ITEMS = 400_000;
const STEP_MS = 100;
const QUIET_DB = -120;

/**
 * Where a sound's level is kept. A gap is quiet.
 * @param {Levels} levels
 * @param {number} at ms
 * @param {number} db
 * @param {number} keep most values kept
 */
export function putLevel(levels, at, db, keep) {
  if (levels.db.length === 0) levels.from = Math.floor(at / levels.step) * levels.step;
  const place = Math.floor((at - levels.from) / levels.step);
  if (place < 0 || place > levels.db.length + 600_000 / levels.step) return;
  while (levels.db.length < place) levels.db.push(QUIET_DB);
  if (levels.db.length === place) levels.db.push(db);
  else levels.db[place] = Math.max(/** @type {number} */ (levels.db[place]), db);
  const over = levels.db.length - keep;
  if (over > 256) {
    levels.db.splice(0, over);
    levels.from += over * levels.step;
  }
}

export class Model {
  /** @param {number} keep ms of the past that are kept; Infinity for a recording */
  constructor(keep = 120_000) {
    this._keep = keep;
    /** @type {Map<number, Item>} */
    this._items = new Map();
    /** @type {Record<Lane, Item[]>} */
    this.lanes = { words: [], voicings: [], seen: [], typed: [], planned: [], heard: [], called: [], notices: [] };
    /** @type {{ at: number, who: Floor }[]} */
    this.floors = [];
    /** @type {Levels} */
    this.mic = { from: 0, step: STEP_MS, db: [] };
    /** @type {Levels} */
    this.voice = { from: 0, step: STEP_MS, db: [] };
    this.now = 0;
    this.late = 0;
    this.compute = 0;
    /** The unsent line as the server knows it. */
    this.line = "";
    /** Changes whenever something changed that latencies depend on. */
    this.version = 0;
  }

  /** @returns {Floor} */
  get floor() {
    return this.floors[this.floors.length - 1]?.who ?? "nobody";
  }

  /** @param {Increments} message */
  take(message) {
    this.now = Math.max(this.now, message.now_ms);
    this.late = message.late_ms ?? 0;
    this.compute = message.compute_ms ?? 0;
    if (message.floor !== this.floor || this.floors.length === 0) {
      this.floors.push({ at: message.now_ms, who: message.floor });
      this.version += 1;
    }
    for (const edit of message.edits) this._edit(edit, message.now_ms);
    if (this._keep !== Infinity) this._forget();
  }

  /**
   * @param {Edit} edit
   * @param {number} now
   */
  _edit(edit, now) {
    if (edit.kind === "sound") {
      putLevel(this.mic, edit.start_ms, edit.level_db ?? QUIET_DB, this._keep / STEP_MS);
      return;
    }
    const lane = /** @type {Lane | undefined} */ (KINDS[/** @type {keyof typeof KINDS} */ (edit.kind)]);
    if (lane === undefined) return;
    let item = this._items.get(edit.id);
    if (item === undefined) {
      if (this._items.size >= MOST_ITEMS) return;
      item = {
        id: edit.id,
        kind: edit.kind,
        stream: edit.stream,
        start: edit.start_ms,
        end: edit.end_ms,
        text: edit.text ?? "",
        added: now,
        committed: Infinity,
        revoked: Infinity,
        edit,
      };
      this._items.set(edit.id, item);
      this.lanes[lane].push(item);
    }
    if (edit.status === "revoked") {
      item.revoked = Math.min(item.revoked, now);
    } else {
      item.start = edit.start_ms;
      item.end = Math.max(edit.end_ms, edit.start_ms);
      item.text = edit.text ?? item.text;
      item.edit = edit;
      if (edit.status === "committed") item.committed = Math.min(item.committed, now);
    }
    if (edit.kind === "typing") this.line = edit.status === "revoked" ? "" : item.text;
    if (edit.kind === "line") this.line = "";
    if (edit.kind === "voicing" || edit.kind === "heard" || edit.kind === "planned") this.version += 1;
  }

  _forget() {
    const before = this.now - this._keep;
    for (const lane of Object.values(this.lanes)) {
      let gone = 0;
      while (gone < lane.length && outlived(/** @type {Item} */ (lane[gone]), before)) gone += 1;
      if (gone >= 64 || (gone > 0 && gone === lane.length)) {
        for (const item of lane.splice(0, gone)) this._items.delete(item.id);
      }
    }
    while (this.floors.length > 1 && /** @type {{ at: number }} */ (this.floors[1]).at < before) this.floors.shift();
  }
}

/**
 * Nothing of it is younger than `before`, and nothing more will come of it.
 * @param {Item} item
 * @param {number} before
 */
function outlived(item, before) {
  const settled = item.committed !== Infinity || item.revoked !== Infinity;
  return Math.max(item.end, item.added) < before && (settled || item.added < before - 600_000);
}

/**
 * How an item looked at media time `at`.
 * @param {Item} item
 * @param {number} at
 * @returns {"unknown" | "partial" | "committed" | "revoked"}
 */
export function lookAt(item, at) {
  if (item.added > at) return "unknown";
  if (item.revoked <= at) return "revoked";
  return item.committed <= at ? "committed" : "partial";
}

/**
 * Index of the first item of a lane that was added at `from` (ms) or later: lanes are in the order of being added.
 * @param {Item[]} lane
 * @param {number} from
 */
export function firstSince(lane, from) {
  let low = 0;
  let high = lane.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {Item} */ (lane[middle]).added < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
