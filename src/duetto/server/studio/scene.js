// A moment of the timeline on its way to the lanes: where a time is, which items may show, and the shapes so far.

import { firstSince, lookAt } from "./model.js";
import { Lines, loudness } from "./rows.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Item} Item */
/** @typedef {import("./model.js").Levels} Levels */
/** @typedef {import("./latency.js").Latency} Latency */

/** Colours by what they mean; the painter knows how they look in light and dark.
 * @typedef {"ink" | "soft" | "muted" | "faint" | "line" | "accent" | "accentSoft"} Tone */

/**
 * @typedef {{ kind: "bar", x: number, y: number, w: number, h: number, tone: Tone, dashed?: boolean, round?: number, both?: boolean }
 *   | { kind: "text", x: number, y: number, text: string, tone: Tone, font: Font, width?: number, struck?: boolean,
 *       under?: boolean, align?: "left" | "center" | "right" }
 *   | { kind: "line", x: number, y: number, x2: number, y2: number, tone: Tone, dashed?: boolean }
 *   | { kind: "levels", x: number, y: number, h: number, step: number, values: number[], tone: Tone }} Shape
 */

/** @typedef {"word" | "partial" | "small" | "label" | "strong"} Font */

/**
 * at: media time (ms) of the now line. span: ms shown left of it. wide: CSS px; high likewise. measure: px of a text.
 * still: the window moves in steps, for those who want no motion. ahead: the plan is drawn right of now.
 * @typedef {{
 *   at: number, span: number, width: number, height: number, narrow: boolean, still: boolean,
 *   measure: (text: string, font: Font) => number, latencies: Latency[],
 * }} View
 */

/** @typedef {{ name: string, title: string, top: number, height: number }} Row */

/** The rows, and the ends of the x axis.
 * @typedef {{ left: number, right: number, now: number, bottom: number, rows: Record<string, Row> }} Frame */

/** Edits older than this (ms) before the window are not looked at: an increment rarely lasts so long. */
const REACH = 180_000;

export class Scene {
  /**
   * @param {Model} model
   * @param {View} view
   * @param {Frame} box
   */
  constructor(model, view, box) {
    this.model = model;
    this.view = view;
    this.box = box;
    this.at = view.at;
    /** @type {Shape[]} */
    this.shapes = [];
    // With no motion wanted, the window stands and the now line walks through it, one page after the other.
    const page = view.span;
    this.from = view.still ? Math.floor(this.at / page) * page : this.at - view.span;
    this.scale = (box.now - box.left) / view.span;
    this.nowX = this.x(this.at);
  }

  /** @param {number} ms */
  x(ms) {
    return this.box.left + (ms - this.from) * this.scale;
  }

  /**
   * Items of a lane that may show.
   * @param {Item[]} lane
   */
  *items(lane) {
    for (let place = firstSince(lane, this.from - REACH); place < lane.length; place += 1) {
      const item = /** @type {Item} */ (lane[place]);
      if (item.added > this.at) break;
      yield item;
    }
  }

  /** @param {string} name */
  row(name) {
    return /** @type {Row} */ (this.box.rows[name]);
  }

  /** When the first word of each clause was heard, of those begun by now. */
  begun() {
    /** @type {Map<number, number>} */
    const found = new Map();
    for (const word of this.items(this.model.lanes.heard)) {
      const clause = word.edit.clause ?? 0;
      if (!found.has(clause)) found.set(clause, word.start);
    }
    return found;
  }

  /**
   * Words of a lane on two lines, so that short ones have room.
   * @param {Item[]} lane
   * @param {number} top
   * @param {number} height
   * @param {Tone} tone
   */
  words(lane, top, height, tone) {
    const lines = new Lines(top, height, 2, 18);
    for (const item of this.items(lane)) {
      const look = lookAt(item, this.at);
      if (look === "revoked" || item.text === "") continue;
      const font = look === "committed" ? "word" : "partial";
      const width = this.view.measure(item.text, font);
      const x = this.x(item.start);
      if (x + width < this.box.left - 200) continue;
      const place = lines.nudge(x, width + 6);
      if (place.x < this.box.left - 2) continue;
      const partial = look !== "committed";
      const y = place.y + Math.min(13, lines.step);
      this.shapes.push({ kind: "text", x: place.x, y, text: item.text, tone: partial ? "muted" : tone, font, under: partial });
    }
  }

  /**
   * @param {Levels} levels
   * @param {number} middle y
   * @param {number} height
   * @param {Tone} tone
   */
  levels(levels, middle, height, tone) {
    const first = Math.max(0, Math.floor((this.from - levels.from) / levels.step));
    const last = Math.min(levels.db.length, Math.ceil((this.at - levels.from) / levels.step));
    if (last <= first) return;
    const values = levels.db.slice(first, last).map((db) => loudness(db));
    const x = this.x(levels.from + first * levels.step);
    this.shapes.push({ kind: "levels", x, y: middle, h: height, step: levels.step * this.scale, values, tone });
  }

  /**
   * x and width of a span, cut off at the left edge.
   * @param {number} start
   * @param {number} end
   * @returns {[number, number]}
   */
  span(start, end) {
    const x = Math.max(this.x(start), this.box.left);
    return [x, Math.max(this.x(end) - x, 0)];
  }

  /**
   * Where the text of a bar stands: at its start, or at the edge while the bar still goes on.
   * @param {number} start
   * @param {number} end
   * @param {number} width
   */
  pinned(start, end, width) {
    if (start >= this.box.left) return start;
    return Math.max(start, Math.min(this.box.left, end - width));
  }

}
