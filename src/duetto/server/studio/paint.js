// Draws the shapes of the lanes on a canvas, in the colours of the style sheet.

import { layout } from "./lanes.js";
import { loudness } from "./rows.js";

/** @typedef {import("./scene.js").Shape} Shape */
/** @typedef {import("./scene.js").Tone} Tone */
/** @typedef {import("./scene.js").Font} Font */

const NARROW_PX = 560;
/** @type {Record<Tone, string>} */
const PROPERTIES = {
  ink: "--ink",
  soft: "--soft",
  muted: "--muted",
  faint: "--faint",
  line: "--muted",
  accent: "--accent",
  accentSoft: "--accent-soft",
};

export class Painter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this._canvas = canvas;
    this._context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {Record<string, string>} */
    this._colours = {};
    this._family = "sans-serif";
    /** @type {Map<string, number>} */
    this._widths = new Map();
    this._ratio = 1;
    this.width = 0;
    this.height = 0;
    this._still = matchMedia("(prefers-reduced-motion: reduce)");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
    new ResizeObserver(() => this._resize()).observe(canvas);
    this.restyle();
    this._resize();
  }

  get narrow() {
    return this.width < NARROW_PX;
  }

  /** ms of media time left of the now line: a word needs its room. */
  get span() {
    return Math.min(16_000, Math.max(3500, (this.width - (this.narrow ? 100 : 300)) * 9.5));
  }

  get still() {
    return this._still.matches;
  }

  /** Read the colours anew. */
  restyle() {
    const style = getComputedStyle(document.documentElement);
    for (const [tone, property] of Object.entries(PROPERTIES)) this._colours[tone] = style.getPropertyValue(property).trim();
    this._card = style.getPropertyValue("--card").trim();
    this._family = getComputedStyle(document.body).fontFamily;
    this._widths.clear();
  }

  _resize() {
    const box = this._canvas.getBoundingClientRect();
    this._ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.width = box.width;
    this.height = box.height;
    this._canvas.width = Math.round(box.width * this._ratio);
    this._canvas.height = Math.round(box.height * this._ratio);
  }

  /**
   * @param {import("./model.js").Model} model
   * @param {number} at media time (ms)
   * @param {import("./latency.js").Latency[]} latencies
   */
  paint(model, at, latencies) {
    if (this.width < 50 || this.height < 50) return;
    const { width, height, narrow, span, still } = this;
    const measure = this._measure.bind(this);
    const shapes = layout(model, { at, span, width, height, narrow, still, measure, latencies });
    const context = this._context;
    context.setTransform(this._ratio, 0, 0, this._ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const labels = shapes.filter((shape) => shape.kind === "text" && shape.font === "label");
    for (const shape of shapes) if (!labels.includes(shape)) this._draw(shape);
    this._fade(narrow ? 48 : 84);
    for (const shape of labels) this._draw(shape);
  }

  /**
   * The past leaves softly, under the names of the lanes.
   * @param {number} x
   */
  _fade(x) {
    const context = this._context;
    const fade = context.createLinearGradient(x, 0, x + 22, 0);
    const card = this._card ?? "#ffffff"; // six hex digits in the style sheet, so that two more are its opacity
    fade.addColorStop(0, card);
    fade.addColorStop(1, `${card}00`);
    context.fillStyle = card;
    context.fillRect(0, 5, x, this.height);
    context.fillStyle = fade;
    context.fillRect(x, 5, 22, this.height);
  }

  /** @param {Shape} shape */
  _draw(shape) {
    const context = this._context;
    const colour = this._colours[shape.tone] ?? "gray";
    context.fillStyle = colour;
    context.strokeStyle = colour;
    switch (shape.kind) {
      case "bar":
        context.beginPath();
        if (shape.dashed) {
          for (let x = shape.x; x < shape.x + shape.w; x += 8) {
            context.roundRect(x, shape.y, Math.min(4.5, shape.x + shape.w - x), shape.h, shape.round ?? 0);
          }
        } else context.roundRect(shape.x, shape.y, shape.w, shape.h, shape.round ?? 0);
        context.fill();
        if (shape.both) {
          context.fillStyle = this._colours["ink"] ?? "gray";
          for (let x = shape.x; x < shape.x + shape.w; x += 8) context.fillRect(x, shape.y, Math.min(4, shape.x + shape.w - x), shape.h);
        }
        return;
      case "line":
        context.lineWidth = 1;
        context.setLineDash(shape.dashed ? [3, 4] : []);
        context.beginPath();
        context.moveTo(shape.x, shape.y);
        context.lineTo(shape.x2, shape.y2);
        context.stroke();
        return;
      case "levels":
        this._levels(shape);
        return;
      case "text":
        this._text(shape);
    }
  }

  /** @param {Extract<Shape, { kind: "levels" }>} shape */
  _levels({ x, y, h, step, values }) {
    const context = this._context;
    context.beginPath();
    // Narrow steps are drawn together, so that an hour's overview costs no more than its pixels.
    const many = Math.max(1, Math.round(3.5 / step));
    const width = Math.max(1, Math.min(4, step * many - 1.5));
    for (let place = 0; place < values.length; place += many) {
      let value = 0;
      for (let k = place; k < Math.min(place + many, values.length); k += 1) value = Math.max(value, values[k] ?? 0);
      if (value <= 0.02) continue;
      const high = Math.max(2, value * h);
      context.roundRect(x + place * step, y - high / 2, width, high, width / 2);
    }
    context.globalAlpha = 0.78;
    context.fill();
    context.globalAlpha = 1;
  }

  /** @param {Extract<Shape, { kind: "text" }>} shape */
  _text(shape) {
    const context = this._context;
    context.font = this._font(shape.font);
    context.textAlign = shape.align ?? "left";
    const text = shape.width === undefined ? shape.text : this._cut(shape.text, shape.font, shape.width);
    context.fillText(text, shape.x, shape.y);
    const width = this._measure(text, shape.font);
    if (shape.under) {
      context.lineWidth = 1;
      context.setLineDash([2, 2]);
      context.beginPath();
      context.moveTo(shape.x, Math.round(shape.y + 3) + 0.5);
      context.lineTo(shape.x + width, Math.round(shape.y + 3) + 0.5);
      context.stroke();
    }
    if (shape.struck) context.fillRect(shape.x, Math.round(shape.y - 4), width, 1);
  }

  /**
   * @param {string} text
   * @param {Font} font
   * @param {number} room
   */
  _cut(text, font, room) {
    if (this._measure(text, font) <= room) return text;
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this._measure(`${text.slice(0, middle)}…`, font) <= room) low = middle;
      else high = middle - 1;
    }
    return low === 0 ? "" : `${text.slice(0, low).trimEnd()}…`;
  }

  /**
   * @param {string} text
   * @param {Font} font
   */
  _measure(text, font) {
    const key = `${font}${text}`;
    let width = this._widths.get(key);
    if (width === undefined) {
      this._context.font = this._font(font);
      width = this._context.measureText(text).width;
      if (this._widths.size > 4000) this._widths.clear();
      this._widths.set(key, width);
    }
    return width;
  }

  /** @param {Font} font */
  _font(font) {
    const size = this.narrow ? 12 : this.width > 1500 ? 15 : 13;
    switch (font) {
      case "word":
        return `500 ${size}px ${this._family}`;
      case "partial":
        return `400 ${size}px ${this._family}`;
      case "strong":
        return `600 ${size - 1}px ${this._family}`;
      case "label":
        return `600 ${this.narrow ? 10.5 : 12.5}px ${this._family}`;
      case "small":
        return `400 ${this.narrow ? 11 : 12}px ${this._family}`;
    }
  }
}

/**
 * The whole recording at a glance: both voices, and where we are.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./model.js").Model} model
 * @param {number} at ms
 * @param {number} length ms
 */
export function paintOverview(canvas, model, at, length) {
  const box = canvas.getBoundingClientRect();
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || length <= 0) return;
  const style = getComputedStyle(document.documentElement);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  const middle = box.height / 2;
  for (const [levels, property, sign] of /** @type {const} */ ([[model.mic, "--ink", -1], [model.voice, "--accent", 1]])) {
    context.fillStyle = style.getPropertyValue(property);
    for (let x = 0; x < box.width; x += 3) {
      const from = Math.floor(((x / box.width) * length - levels.from) / levels.step);
      const to = Math.max(from + 1, Math.floor((((x + 3) / box.width) * length - levels.from) / levels.step));
      let value = 0;
      for (let place = Math.max(0, from); place < Math.min(to, levels.db.length); place += 1) {
        value = Math.max(value, loudness(/** @type {number} */ (levels.db[place])));
      }
      const high = Math.max(1, value * (middle - 3));
      context.globalAlpha = (x / box.width) * length <= at ? 1 : 0.4;
      context.fillRect(x, sign < 0 ? middle - 1 - high : middle + 1, 2, high);
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue("--ink");
  context.fillRect(Math.min(box.width - 2, (at / length) * box.width), 0, 2, box.height);
}
