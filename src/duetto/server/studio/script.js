// Shows the transcript, changes only what changed, and keeps to its end unless the reader has scrolled up.

import { clock } from "./rows.js";
import { box } from "./page.js";

/** @typedef {import("./transcript.js").Entry} Entry */
/** @typedef {import("./transcript.js").Transcript} Transcript */

const NAMES = { user: "You", duetto: "duetto", note: "" };
const SPOKEN_LINES = 20;

export class Script {
  /** @param {(at: number) => void} seek called with ms when an entry of a recording is chosen */
  constructor(seek) {
    this._list = box("transcript");
    this._empty = box("transcript-empty");
    this._spoken = box("say-transcript");
    /** @type {Map<string, { item: HTMLLIElement, shown: string, time: string }>} */
    this._items = new Map();
    this._version = -1;
    /** @type {Set<string>} */
    this._said = new Set();
    /** @type {HTMLLIElement | null} */
    this._current = null;
    this._atEnd = true;
    this._live = true;
    this._list.addEventListener("scroll", () => {
      this._atEnd = this._list.scrollHeight - this._list.scrollTop - this._list.clientHeight < 48;
    });
    new ResizeObserver(() => this._follow()).observe(this._list);
    this._list.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest("li[data-seek]") : null;
      if (item instanceof HTMLElement) seek(Number(item.dataset["seek"]));
    });
  }

  /**
   * @param {Transcript} transcript
   * @param {number | null} at ms in a recording: what is later is dimmed; null while live
   */
  show(transcript, at = null) {
    if (transcript.version !== this._version) this._update(transcript, at !== null);
    this._version = transcript.version;
    if (at === null) return;
    /** @type {HTMLLIElement | null} */
    let current = null;
    for (const entry of transcript.entries) {
      const item = this._items.get(entry.key)?.item;
      item?.classList.toggle("later", entry.at > at);
      if (item !== undefined && entry.at <= at) current = item;
    }
    if (current !== this._current) {
      this._current = current;
      if (current !== null) this._list.scrollTop = current.offsetTop - this._list.clientHeight * 0.6;
    }
  }

  /** Show another transcript. */
  reset() {
    this._list.replaceChildren();
    this._items.clear();
    this._said.clear();
    this._version = -1;
    this._current = null;
    this._atEnd = true;
  }

  /**
   * @param {Transcript} transcript
   * @param {boolean} recorded
   */
  _update(transcript, recorded) {
    const list = this._list;
    this._live = !recorded;
    const wanted = new Set(transcript.entries.map((entry) => entry.key));
    for (const [key, { item }] of this._items) {
      if (wanted.has(key)) continue;
      item.remove();
      this._items.delete(key);
    }
    /** @type {Element | null} */
    let before = null;
    for (const entry of transcript.entries) {
      const item = this._item(entry, recorded);
      /** @type {Element | null} */
      const place = before === null ? list.firstElementChild : before.nextElementSibling;
      if (place !== item) list.insertBefore(item, place);
      before = item;
      if (!recorded) this._say(entry);
    }
    this._empty.hidden = transcript.entries.length > 0;
    this._follow();
  }

  /** Keep to the end of what is live. */
  _follow() {
    if (this._atEnd && this._live) this._list.scrollTop = this._list.scrollHeight;
  }

  /**
   * @param {Entry} entry
   * @param {boolean} recorded
   */
  _item(entry, recorded) {
    let known = this._items.get(entry.key);
    if (known === undefined) {
      known = { item: document.createElement("li"), shown: "", time: "" };
      this._items.set(entry.key, known);
      if (entry.who !== "note") {
        const who = document.createElement("p");
        who.className = "who";
        const name = document.createElement("b");
        name.textContent = NAMES[entry.who];
        const how = document.createElement("span");
        how.textContent = entry.how === "typed" ? "typed" : entry.how === "shown" ? "wrote" : "";
        const time = document.createElement("time");
        time.textContent = clock(entry.time / 1000);
        who.append(name, how, time);
        if (how.textContent === "") how.remove();
        known.item.append(who);
      }
      const text = document.createElement("p");
      text.className = "text";
      known.item.append(text);
      if (recorded) known.item.dataset["seek"] = String(entry.at);
    }
    const shown = `${entry.who} ${entry.open ? "open" : ""} ${entry.cut ? "cut" : ""}|${entry.text}`;
    if (shown !== known.shown) {
      known.shown = shown;
      known.item.className = shown.slice(0, shown.indexOf("|")).trim();
      /** @type {Element} */ (known.item.lastElementChild).textContent = entry.text;
    }
    return known.item;
  }

  /**
   * Whole entries are read to those who cannot see them, not every word as it changes.
   * @param {Entry} entry
   */
  _say(entry) {
    if (entry.open || entry.text === "" || this._said.has(entry.key)) return;
    this._said.add(entry.key);
    const line = document.createElement("p");
    line.textContent = entry.who === "note" ? entry.text : `${NAMES[entry.who]}: ${entry.text}`;
    this._spoken.append(line);
    while (this._spoken.childElementCount > SPOKEN_LINES) this._spoken.firstElementChild?.remove();
  }
}
