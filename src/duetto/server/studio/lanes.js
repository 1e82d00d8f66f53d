// Where everything on the lanes goes: the timeline at a moment, as a list of plain shapes. No canvas in here.

import { lookAt } from "./model.js";
import { Lines, clock, sight } from "./rows.js";
import { Scene } from "./scene.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Item} Item */
/** @typedef {import("./scene.js").Shape} Shape */
/** @typedef {import("./scene.js").View} View */
/** @typedef {import("./scene.js").Row} Row */
/** @typedef {import("./scene.js").Frame} Frame */

const FLOOR_HEIGHT = 4;
const AXIS_HEIGHT = 22;
/** The sound of a clause goes on for at most so long (ms) after the last word that is known to be heard. */
const TAIL = 500;

/** Shares of the height. The gap carries the latencies. */
const ROWS = [
  { name: "heard", title: "Heard", share: 1.45 },
  { name: "seen", title: "Seen", share: 1 },
  { name: "typed", title: "Typed", share: 0.8 },
  { name: "gap", title: "", share: 0.6 },
  { name: "drafted", title: "Drafted", share: 1.45 },
  { name: "said", title: "Said", share: 0.95 },
  { name: "played", title: "Played", share: 1.05 },
  { name: "done", title: "Tools", share: 0.8 },
];

/**
 * The rows and the x axis of a view.
 * @param {View} view
 * @param {boolean} tools whether a tool was ever called
 * @returns {Frame}
 */
export function frame(view, tools) {
  const left = view.narrow ? 58 : 104;
  const ahead = view.narrow ? 0.1 : 0.24;
  const right = view.width - (view.narrow ? 8 : 20);
  const now = Math.round(left + (right - left) * (1 - ahead));
  const rows = ROWS.filter((row) => row.name !== "done" || tools);
  const whole = rows.reduce((sum, row) => sum + row.share, 0);
  const space = view.height - FLOOR_HEIGHT - 10 - AXIS_HEIGHT;
  let top = FLOOR_HEIGHT + 10;
  /** @type {Record<string, Row>} */
  const placed = {};
  for (const row of rows) {
    const height = (space * row.share) / whole;
    placed[row.name] = { name: row.name, title: row.title, top, height };
    top += height;
  }
  return { left, right, now, rows: placed, bottom: top };
}

/**
 * All shapes of the lanes, those behind first.
 * @param {Model} model
 * @param {View} view
 * @returns {Shape[]}
 */
export function layout(model, view) {
  const tools = (model.lanes.called[0]?.added ?? Infinity) <= view.at;
  const box = frame(view, tools);
  const scene = new Scene(model, view, box);
  axis(scene);
  floor(scene);
  heard(scene);
  seen(scene);
  typed(scene);
  drafted(scene);
  said(scene);
  played(scene);
  if (tools) done(scene);
  times(scene);
  labels(scene);
  return scene.shapes;
}

/** @param {Scene} scene */
function axis(scene) {
  const { left, right, bottom } = scene.box;
  for (const row of Object.values(scene.box.rows)) {
    const y = Math.round(row.top) - 0.5;
    if (row.name !== "heard") scene.shapes.push({ kind: "line", x: 0, y, x2: scene.view.width, y2: y, tone: "faint" });
  }
  const first = Math.ceil(Math.max(0, scene.from) / 1000);
  const every = scene.view.narrow ? 1 : scene.scale * 1000 < 60 ? 2 : 1;
  for (let second = first; scene.x(second * 1000) <= right; second += 1) {
    if (second % every !== 0) continue;
    const x = Math.round(scene.x(second * 1000)) + 0.5;
    if (x < left) continue;
    scene.shapes.push({ kind: "line", x, y: FLOOR_HEIGHT + 6, x2: x, y2: bottom, tone: "faint" });
    if (Math.abs(x - scene.nowX) < 22) continue;
    scene.shapes.push({ kind: "text", x, y: bottom + 15, text: clock(second), tone: "muted", font: "small", align: "center" });
  }
  const x = Math.round(scene.nowX) + 0.5;
  scene.shapes.push({ kind: "line", x, y: 0, x2: x, y2: bottom + 2, tone: "line" });
  scene.shapes.push({ kind: "text", x, y: bottom + 15, text: "now", tone: "ink", font: "small", align: "center" });
}

/** @param {Scene} scene */
function floor(scene) {
  const { floors } = scene.model;
  for (let place = floors.length - 1; place >= 0; place -= 1) {
    const span = /** @type {{ at: number, who: string }} */ (floors[place]);
    const end = Math.min(floors[place + 1]?.at ?? scene.at, scene.at);
    if (end <= scene.from) break;
    if (span.who === "nobody" || span.at >= scene.at) continue;
    const [x, w] = scene.span(span.at, end);
    const tone = span.who === "user" ? "ink" : "accent";
    scene.shapes.push({ kind: "bar", x, y: 0, w, h: FLOOR_HEIGHT, tone, round: 2, both: span.who === "both" });
  }
}

/** @param {Scene} scene */
function heard(scene) {
  const row = scene.row("heard");
  const middle = row.top + row.height * 0.28;
  for (const item of scene.items(scene.model.lanes.voicings)) {
    if (lookAt(item, scene.at) === "revoked") continue;
    const end = item.committed <= scene.at ? item.end : scene.at;
    if (end <= scene.from) continue;
    const [x, w] = scene.span(item.start, end);
    scene.shapes.push({ kind: "bar", x, y: row.top + 3, w, h: row.height * 0.5, tone: "soft", round: 5 });
  }
  scene.levels(scene.model.mic, middle, row.height * 0.42, "ink");
  scene.words(scene.model.lanes.words, row.top + row.height * 0.5, row.height * 0.5, "ink");
}

/** What is seen for a while; the rest is seen at a moment. */
const LASTING = new Set(["motion", "face", "person", "movement", "raised-hand", "reading"]);

/** @param {Scene} scene */
function seen(scene) {
  const row = scene.row("seen");
  const lines = new Lines(row.top + 4, row.height - 6, scene.view.narrow ? 1 : 2);
  /** @type {Map<number, number>} where the words of each line end: those that do not fit behind them are left out */
  const ends = new Map();
  for (const item of scene.items(scene.model.lanes.seen)) {
    if (lookAt(item, scene.at) === "revoked") continue;
    const lasting = LASTING.has(item.kind);
    const end = lasting ? (item.committed <= scene.at ? item.end : scene.at) : item.start;
    const text = sight(item);
    const width = scene.view.measure(text, "small") + 12;
    const x = scene.x(item.start);
    if (Math.max(x + width, scene.x(end)) < scene.box.left) continue;
    const y = lines.place(x, Math.max(x + width, scene.x(end)));
    if (lasting) {
      const [from, w] = scene.span(item.start, end);
      scene.shapes.push({ kind: "bar", x: from, y: y + lines.step - 5, w: Math.max(w, 3), h: 3, tone: "muted", round: 1.5 });
    } else scene.shapes.push({ kind: "bar", x: x - 1, y: y + 4, w: 2, h: lines.step - 6, tone: "muted", round: 1 });
    const at = scene.pinned(x, lasting ? scene.x(end) : x, width) + 5;
    if (at < (ends.get(y) ?? -Infinity)) continue;
    ends.set(y, at + width - 6);
    scene.shapes.push({ kind: "text", x: at, y: y + 12, text, tone: "muted", font: "small" });
  }
}

/** @param {Scene} scene */
function typed(scene) {
  const row = scene.row("typed");
  const y = row.top + row.height * 0.62;
  for (const item of scene.items(scene.model.lanes.typed)) {
    const look = lookAt(item, scene.at);
    if (look === "revoked") continue;
    const sent = item.kind === "line";
    const text = item.text === "" ? "" : sent ? `${item.text} ⏎` : `${item.text}▏`;
    const x = scene.x(item.start);
    const end = scene.x(sent ? item.end : scene.at);
    if (text === "" || Math.max(end, x + scene.view.measure(text, "word")) < scene.box.left) continue;
    const [from, w] = scene.span(item.start, sent ? item.end : scene.at);
    scene.shapes.push({ kind: "bar", x: from, y: y + 6, w: Math.max(w, 2), h: 2, tone: sent ? "ink" : "muted", round: 1 });
    const room = scene.view.width - Math.max(x, scene.box.left) - 8;
    const [tone, font] = sent ? /** @type {const} */ (["ink", "word"]) : /** @type {const} */ (["muted", "partial"]);
    scene.shapes.push({ kind: "text", x: Math.max(x, scene.box.left + 2), y, text, tone, font, width: room });
  }
}

/**
 * A reply's life as a draft is a bar; its words stand above. What is still to be said stands right of now.
 * @param {Scene} scene
 */
function drafted(scene) {
  const row = scene.row("drafted");
  /** @type {Map<number, { text: string, start: number, end: number, open: number, said: boolean, dropped: number, all: number }>} */
  const drafts = new Map();
  /** @type {Item[]} */
  const ahead = [];
  const begun = scene.begun();
  for (const item of scene.items(scene.model.lanes.planned)) {
    const reply = item.edit.reply ?? 0;
    const look = lookAt(item, scene.at);
    const said = begun.get(item.edit.clause ?? 0);
    const fate = Math.min(item.revoked, said ?? Infinity, item.committed, scene.at);
    const draft = drafts.get(reply);
    const open = look === "partial" && said === undefined ? 1 : 0;
    if (open === 1) ahead.push(item);
    const dropped = look === "revoked" ? 1 : 0;
    if (draft === undefined) {
      drafts.set(reply, { text: item.text, start: item.added, end: fate, open, said: said !== undefined, dropped, all: 1 });
    } else {
      draft.text += ` ${item.text}`;
      draft.end = Math.max(draft.end, fate);
      draft.open += open;
      draft.said ||= said !== undefined;
      draft.dropped += dropped;
      draft.all += 1;
    }
  }
  const lines = new Lines(row.top + 4, row.height - 6, scene.view.narrow ? 2 : 3);
  /** @type {Map<number, number>} where the words on a line end: two do not stand on one another */
  const taken = new Map();
  for (const draft of drafts.values()) {
    const lost = draft.dropped === draft.all;
    const end = draft.open > 0 ? scene.at : draft.end;
    const most = scene.view.narrow ? 110 : 190;
    const width = Math.min(scene.view.measure(draft.text, "small") + 6, most, Math.max(scene.nowX - scene.x(draft.start) - 6, 0));
    const x = scene.x(draft.start);
    const dropped = draft.dropped > 0 && !lost ? `${draft.dropped} dropped` : "";
    const last = Math.max(scene.x(end) + scene.view.measure(dropped, "small"), x + width);
    if (last < scene.box.left) continue;
    const y = lines.place(x, last);
    const [from, w] = scene.span(draft.start, end);
    const tone = lost ? "muted" : "accent";
    scene.shapes.push({ kind: "bar", x: from, y: y + lines.step - 5, w: Math.max(w, 3), h: 2.5, tone, dashed: draft.open > 0 && !draft.said, round: 1 });
    const place = scene.pinned(x, scene.x(end), width);
    if (width > 24 && place >= (taken.get(y) ?? -Infinity)) {
      taken.set(y, place + width + 4);
      scene.shapes.push({ kind: "text", x: place, y: y + lines.step - 9, text: draft.text, tone: lost ? "muted" : "ink", font: "small", width, struck: lost });
    }
    if (dropped !== "") {
      scene.shapes.push({ kind: "text", x: from + w + 6, y: y + lines.step - 1, text: dropped, tone: "muted", font: "small" });
    }
  }
  plan(scene, ahead, row);
}

/**
 * @param {Scene} scene
 * @param {Item[]} ahead
 * @param {Row} row
 */
function plan(scene, ahead, row) {
  const room = scene.box.right - scene.nowX - 12;
  if (room < 90 || ahead.length === 0) return;
  const fit = Math.max(1, Math.floor((row.height - 2) / 16));
  const shown = ahead.slice(0, ahead.length > fit ? fit - 1 : fit);
  shown.forEach((item, place) => {
    const y = row.top + 14 + place * 16;
    const text = item.text;
    scene.shapes.push({ kind: "text", x: scene.nowX + 10, y, text, tone: "accent", font: "small", width: room });
  });
  if (shown.length < ahead.length) {
    const text = `+ ${ahead.length - shown.length} more`;
    const y = row.top + 14 + shown.length * 16;
    scene.shapes.push({ kind: "text", x: scene.nowX + 10, y, text, tone: "muted", font: "small", width: room });
  }
}

/**
 * Clauses as they sound, with the level of the voice where it is known.
 * @param {Scene} scene
 */
function said(scene) {
  const row = scene.row("said");
  const y = row.top + 4;
  const h = row.height - 9;
  /** @type {Map<number, { start: number, end: number }>} */
  const spans = new Map();
  for (const word of scene.items(scene.model.lanes.heard)) {
    const clause = word.edit.clause ?? 0;
    const span = spans.get(clause);
    if (span === undefined) spans.set(clause, { start: word.start, end: word.end });
    else span.end = Math.max(span.end, word.end);
  }
  /** @type {Map<number, Item>} */
  const clauses = new Map();
  for (const item of scene.items(scene.model.lanes.planned)) clauses.set(item.edit.clause ?? 0, item);
  for (const [clause, span] of spans) {
    const item = clauses.get(clause);
    const look = item === undefined ? "committed" : lookAt(item, scene.at);
    const until = look === "committed" ? (item?.end ?? 0) : look === "partial" ? scene.at : 0;
    const end = Math.max(span.end, Math.min(until, span.end + TAIL)); // a clause that was held is quiet after its words
    if (end <= scene.from || span.start >= scene.at) continue;
    const [x, w] = scene.span(span.start, Math.min(end, scene.at));
    scene.shapes.push({ kind: "bar", x, y, w: Math.max(w - 1.5, 2), h, tone: "accentSoft", round: 5 });
    if (look === "revoked") scene.shapes.push({ kind: "bar", x: x + w - 2, y: y - 2, w: 2.5, h: h + 4, tone: "accent", round: 1 });
  }
  scene.levels(scene.model.voice, y + h / 2, h * 0.86, "accent");
}

/** @param {Scene} scene */
function played(scene) {
  const row = scene.row("played");
  scene.words(scene.model.lanes.heard, row.top + 2, row.height - 4, "accent");
}

/** @param {Scene} scene */
function done(scene) {
  const row = scene.row("done");
  const lines = new Lines(row.top + 4, row.height - 6, 1);
  for (const item of scene.items(scene.model.lanes.called)) {
    if (lookAt(item, scene.at) === "revoked") continue;
    const end = item.committed <= scene.at ? item.end : scene.at;
    const text = `${item.edit.name ?? "tool"}${item.edit.failed ? " failed" : ""}`;
    const width = scene.view.measure(text, "small") + 12;
    const x = scene.x(item.start);
    if (Math.max(scene.x(end), x + width) < scene.box.left) continue;
    const y = lines.place(x, Math.max(scene.x(end), x + width));
    const [from, w] = scene.span(item.start, end);
    scene.shapes.push({ kind: "bar", x: from, y: y + lines.step - 5, w: Math.max(w, 3), h: 3, tone: "ink", round: 1.5 });
    scene.shapes.push({ kind: "text", x: scene.pinned(x, scene.x(end), width), y: y + 11, text, tone: "ink", font: "small" });
  }
}

/**
 * The latencies, as brackets between what came in and what goes out.
 * @param {Scene} scene
 */
function times(scene) {
  const row = scene.row("gap");
  const y = Math.round(row.top + row.height * 0.72) + 0.5;
  let free = -Infinity;
  for (const latency of scene.view.latencies) {
    if (latency.end > scene.at || latency.end < scene.from - 3000) continue;
    const x = Math.max(scene.x(latency.start), scene.box.left);
    const x2 = scene.x(latency.end);
    if (x2 < scene.box.left) continue;
    const tone = latency.what === "reply" ? "accent" : "ink";
    scene.shapes.push({ kind: "line", x, y, x2, y2: y, tone });
    scene.shapes.push({ kind: "line", x: Math.round(x) + 0.5, y: y - 4, x2: Math.round(x) + 0.5, y2: y + 4, tone });
    scene.shapes.push({ kind: "line", x: Math.round(x2) + 0.5, y: y - 4, x2: Math.round(x2) + 0.5, y2: y + 4, tone });
    const text = `${latency.what === "reply" ? "reply after" : "silent after"} ${Math.round(latency.end - latency.start)} ms`;
    const width = scene.view.measure(text, "strong");
    const start = Math.max(x2 + 8, free);
    scene.shapes.push({ kind: "text", x: start, y: y + 4, text, tone, font: "strong" });
    free = start + width + 12;
  }
}

/** @param {Scene} scene */
function labels(scene) {
  for (const row of Object.values(scene.box.rows)) {
    if (row.title === "") continue;
    const y = row.top + row.height * 0.5 + 4;
    const tone = ["drafted", "said", "played"].includes(row.name) ? "accent" : "ink";
    scene.shapes.push({ kind: "text", x: scene.view.narrow ? 10 : 16, y, text: row.title, tone, font: "label" });
  }
}
