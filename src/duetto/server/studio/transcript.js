// The conversation as text: who said, typed or showed what. Made of increments where the server gives them, else of the
// ordinary events of the protocol.

/** @typedef {import("./wire.js").Edit} Edit */
/** @typedef {import("./wire.js").Event} Event */

/**
 * at: where it stands among the others, ms. time: media time (ms) in its own conversation. open: it may still change or
 * grow. cut: duetto was interrupted there.
 * @typedef {{
 *   key: string, who: "user" | "duetto" | "note", how: "spoken" | "typed" | "shown" | "note", at: number, time: number, text: string,
 *   open: boolean, cut: boolean,
 * }} Entry
 */

/** @typedef {{ id: number, start: number, text: string, committed: boolean }} Word */

const MOST_ENTRIES = 2000;
/** Lines shown one after the other within this time (ms) are one entry. */
const SAME_ENTRY = 4000;

export class Transcript {
  constructor() {
    /** @type {Entry[]} by the moment each began */
    this.entries = [];
    /** @type {Map<string, Map<number, Word>>} */
    this._words = new Map();
    /** @type {Map<string, Set<number>>} clauses of each reply that are still to be said */
    this._pending = new Map();
    /** @type {string[]} */
    this._clauses = [];
    /** @type {Map<string, number>} */
    this._revoked = new Map();
    /** Number of changes so far. */
    this.version = 0;
    this._session = 0;
    this._shift = 0;
  }

  /** A new conversation begins below what is there: its numbers and its time start anew. */
  divide() {
    this._session += 1;
    for (const entry of this.entries) entry.open = false;
    const last = this.entries[this.entries.length - 1];
    this._shift = last === undefined ? 0 : last.at + 1;
    this._words.clear();
    this._pending.clear();
    this._clauses = [];
    if (last !== undefined) this._put({ ...note("New conversation", 0), key: `divide${this._session}` });
  }

  /**
   * A remark of the page or the server.
   * @param {string} text
   * @param {number} at ms
   */
  remark(text, at) {
    this._put({ ...note(text, at), key: `remark${this.version}` });
  }

  /**
   * One edit of the timeline, known at `now` (ms).
   * @param {Edit} edit
   * @param {number} now
   */
  edit(edit, now) {
    switch (edit.kind) {
      case "word":
        return this._word(edit);
      case "heard":
        return this._heard(edit);
      case "planned":
        return this._planned(edit);
      case "line":
        return this._put({ ...entry(`line${edit.id}`, "user", "typed", edit.end_ms), text: edit.text ?? "" });
      case "shown":
        return this._shown(edit, now);
      case "called":
        return this._called(edit);
      case "notice":
        return this._put({ ...note(edit.text ?? "", now), key: `notice${edit.id}` });
      default:
        return undefined;
    }
  }

  /**
   * An ordinary event, for servers that give no increments.
   * @param {Event} event
   * @param {number} now ms
   */
  event(event, now) {
    const delta = typeof event["delta"] === "string" ? event["delta"] : "";
    switch (event.type) {
      case "conversation.item.input_audio_transcription.delta":
        return this._append(`in${event["item_id"]}`, "user", "spoken", delta, now);
      case "conversation.item.input_audio_transcription.completed":
        return this._replace(`in${event["item_id"]}`, String(event["transcript"] ?? ""), now);
      case "response.output_audio_transcript.delta":
        return this._append(`out${event["response_id"]}`, "duetto", "spoken", delta, now);
      case "response.output_text.delta":
        return this._append(`out${event["response_id"]}`, "duetto", "shown", delta, now);
      case "response.done": {
        const found = this._find(`out${event["response"]?.id}`);
        if (found === undefined) return undefined;
        found.open = false;
        found.cut = event["response"]?.status === "cancelled";
        this.version += 1;
        return undefined;
      }
      default:
        return undefined;
    }
  }

  /** @param {Edit} edit */
  _word(edit) {
    const key = `turn${edit.utterance ?? 0}`;
    let words = this._words.get(key);
    if (words === undefined) this._words.set(key, (words = new Map()));
    if (edit.status === "revoked") words.delete(edit.id);
    else {
      const committed = edit.status === "committed";
      words.set(edit.id, { id: edit.id, start: edit.start_ms, text: edit.text ?? "", committed });
    }
    const all = [...words.values()].sort((a, b) => a.start - b.start || a.id - b.id);
    const text = all.map((word) => word.text).join(" ");
    const open = !all.every((word) => word.committed);
    let found = this._find(key);
    if (found === undefined) {
      if (text === "") return;
      found = this._put(entry(key, "user", "spoken", edit.start_ms));
    }
    if (text === "") return this._drop(found);
    found.text = text;
    found.open = open;
    this.version += 1;
  }

  /** @param {Edit} edit */
  _heard(edit) {
    const key = `reply${edit.reply ?? 0}`;
    const found = this._find(key) ?? this._put({ ...entry(key, "duetto", "spoken", edit.start_ms), open: true });
    found.text = found.text === "" ? (edit.text ?? "") : `${found.text} ${edit.text ?? ""}`;
    this._revoked.delete(this._key(key));
    this._settle(key);
  }

  /** @param {Edit} edit */
  _planned(edit) {
    const key = `reply${edit.reply ?? 0}`;
    let pending = this._pending.get(key);
    if (pending === undefined) this._pending.set(key, (pending = new Set()));
    if (edit.status === "added") {
      pending.add(edit.id);
      this._clauses.push(edit.text ?? "");
      if (this._clauses.length > 64) this._clauses.shift();
    } else {
      pending.delete(edit.id);
      if (edit.status === "revoked") this._revoked.set(this._key(key), edit.id);
    }
    this._settle(key);
    if (pending.size === 0) this._pending.delete(key);
  }

  /** @param {string} key */
  _settle(key) {
    const found = this._find(key);
    if (found === undefined) return;
    found.open = (this._pending.get(key)?.size ?? 0) > 0;
    found.cut = !found.open && this._revoked.has(this._key(key));
    this.version += 1;
  }

  /**
   * @param {Edit} edit
   * @param {number} now
   */
  _shown(edit, now) {
    const text = edit.text ?? "";
    if (this._clauses.includes(text)) return; // it is being said: its words come as they are heard
    const last = this.entries[this.entries.length - 1];
    if (last?.how === "shown" && last.who === "duetto" && now + this._shift - last.at < SAME_ENTRY) {
      last.text = `${last.text} ${text}`;
      this.version += 1;
    } else this._put({ ...entry(`shown${edit.id}`, "duetto", "shown", now), text });
  }

  /** @param {Edit} edit */
  _called(edit) {
    const key = `call${edit.call ?? edit.id}`;
    const done = edit.status === "committed";
    const outcome = edit.failed ? "failed" : done ? "done" : edit.status === "revoked" ? "withdrawn" : "running";
    const text = `${edit.name ?? "tool"} ${outcome}${edit.text ? `: ${edit.text}` : ""}`;
    const found = this._find(key) ?? this._put({ ...note("", edit.start_ms), key });
    found.text = text;
    found.open = outcome === "running";
    this.version += 1;
  }

  /**
   * @param {string} key
   * @param {"user" | "duetto"} who
   * @param {"spoken" | "shown"} how
   * @param {string} text
   * @param {number} now
   */
  _append(key, who, how, text, now) {
    const found = this._find(key) ?? this._put({ ...entry(key, who, how, now), open: true });
    found.text += text;
    this.version += 1;
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {number} now
   */
  _replace(key, text, now) {
    const found = this._find(key);
    if (found === undefined && text.trim() === "") return;
    const whole = found ?? this._put(entry(key, "user", "spoken", now));
    whole.text = text;
    whole.open = false;
    this.version += 1;
    if (text.trim() === "") this._drop(whole);
  }

  /** @param {string} key */
  _key(key) {
    return `${this._session}/${key}`;
  }

  /**
   * @param {string} key
   * @returns {Entry | undefined}
   */
  _find(key) {
    const whole = this._key(key);
    for (let place = this.entries.length - 1; place >= 0; place -= 1) {
      if (this.entries[place]?.key === whole) return this.entries[place];
    }
    return undefined;
  }

  /**
   * Put a new entry where it began.
   * @param {Entry} fresh
   * @returns {Entry}
   */
  _put(fresh) {
    fresh.key = this._key(fresh.key);
    fresh.at += this._shift;
    let place = this.entries.length;
    while (place > 0 && /** @type {Entry} */ (this.entries[place - 1]).at > fresh.at) place -= 1;
    this.entries.splice(place, 0, fresh);
    if (this.entries.length > MOST_ENTRIES) this.entries.shift();
    this.version += 1;
    return fresh;
  }

  /** @param {Entry} gone */
  _drop(gone) {
    this.entries.splice(this.entries.indexOf(gone), 1);
    this.version += 1;
  }
}

/**
 * @param {string} key
 * @param {"user" | "duetto"} who
 * @param {"spoken" | "typed" | "shown"} how
 * @param {number} at
 * @returns {Entry}
 */
function entry(key, who, how, at) {
  return { key, who, how, at, time: at, text: "", open: false, cut: false };
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {Entry}
 */
function note(text, at) {
  return { key: "", who: "note", how: "note", at, time: at, text, open: false, cut: false };
}
