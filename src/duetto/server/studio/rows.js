// Small things that the lanes are laid out with: lines of a row, levels and words for what is seen.

/** @typedef {import("./model.js").Item} Item */

const LOUDEST_DB = -12;
const QUIETEST_DB = -58;
/** Words move right by so many px rather than to another line. */
const NUDGE = 16;
/** Letters of a line that was read, at most. */
const MOST_READ = 40;

/** Lines of a row; each thing goes on the first line that is free at its place. */
export class Lines {
  /**
   * @param {number} top
   * @param {number} height
   * @param {number} count
   * @param {number} [most] px of a line; what is left of the height is above and below
   */
  constructor(top, height, count, most = 28) {
    this.step = Math.min(height / count, most);
    this._top = top + (height - this.step * count) / 2;
    /** @type {number[]} */
    this._ends = new Array(count).fill(-Infinity);
  }

  /**
   * @param {number} x
   * @param {number} end
   */
  place(x, end) {
    let line = this._ends.findIndex((taken) => taken <= x);
    if (line < 0) line = this._ends.indexOf(Math.min(...this._ends));
    this._ends[line] = Math.max(end + 6, /** @type {number} */ (this._ends[line]));
    return this._top + line * this.step;
  }

  /**
   * Like `place`, but what does not fit moves right.
   * @param {number} x
   * @param {number} width
   */
  nudge(x, width) {
    let line = this._ends.findIndex((taken) => taken <= x + NUDGE);
    if (line < 0) line = this._ends.indexOf(Math.min(...this._ends));
    const place = Math.max(x, /** @type {number} */ (this._ends[line]));
    this._ends[line] = place + width;
    return { x: place, y: this._top + line * this.step };
  }
}

/**
 * 0 to 1 for a level in dBFS.
 * @param {number} db
 */
export function loudness(db) {
  return Math.min(1, Math.max(0, (db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
}

/**
 * What was seen, or the order that was met, in a few words.
 * @param {Item} item
 */
export function sight({ kind, edit }) {
  switch (kind) {
    case "motion":
      return `motion, ${edit.region ?? ""}`;
    case "face":
      return "a face";
    case "person":
      return "somebody";
    case "movement":
      return edit.count ? `${edit.name ?? ""} ${edit.count}` : (edit.name ?? "");
    case "raised-hand":
      return `${edit.side ?? ""} hand raised`;
    case "reading":
      return `“${short(edit.text ?? "")}”`;
    case "fired":
      return `⚑ ${edit.order ?? ""} ${edit.n ?? 1}`;
    case "scene":
      return "scene changed";
    case "light":
      return `light: ${edit.name ?? ""}`;
    default:
      return (edit.names ?? []).join(", ");
  }
}

/**
 * A line that was read, cut at a word where it is long: it may be as wide as the screen that it stood on.
 * @param {string} text
 */
function short(text) {
  if (text.length <= MOST_READ) return text;
  const cut = text.slice(0, MOST_READ);
  const space = cut.lastIndexOf(" ");
  return `${space > MOST_READ / 2 ? cut.slice(0, space) : cut}…`;
}

/**
 * Seconds as minutes and seconds.
 * @param {number} second
 */
export function clock(second) {
  return `${Math.floor(second / 60)}:${String(Math.floor(second % 60)).padStart(2, "0")}`;
}
