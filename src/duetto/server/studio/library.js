// The view of recordings: a list, a file of the user's own, and a player with a scrubber.

import { ask } from "./http.js";
import { clock } from "./rows.js";
import { Tally } from "./latency.js";
import { box, button, element, input, mark, toast } from "./page.js";
import { paintOverview } from "./paint.js";
import { heading, readTimeline } from "./recording.js";

/** @typedef {import("./recording.js").Heading} Heading */
/** @typedef {import("./recording.js").Recorded} Recorded */

export class Library {
  /**
   * @param {{ key: () => string, opened: (recorded: Recorded) => void, closed: () => void }} host
   */
  constructor(host) {
    this._host = host;
    this._sound = element("sound", HTMLAudioElement);
    this._seek = input("seek");
    /** @type {Recorded | null} */
    this.recorded = null;
    this.tally = new Tally();
    this._silentAt = 0;
    this._silentSince = 0;
    this._hasSound = false;
    this._address = "";
    button("play").addEventListener("click", () => this.toggle());
    button("close-recording").addEventListener("click", () => this.close());
    this._seek.addEventListener("input", () => this.seek(Number(this._seek.value)));
    input("file").addEventListener("change", () => this._file());
    for (const name of ["play", "pause", "ended"]) this._sound.addEventListener(name, () => this._show());
  }

  /** Media time (ms) in the recording. */
  get at() {
    if (this._hasSound) return this._sound.currentTime * 1000;
    const at = this._silentSince === 0 ? this._silentAt : this._silentAt + performance.now() - this._silentSince;
    return Math.min(at, this.recorded?.heading.length ?? 0);
  }

  get playing() {
    return this._hasSound ? !this._sound.paused : this._silentSince !== 0;
  }

  /** Fetch the list. */
  async list() {
    const text = box("library-text");
    const list = box("library-list");
    list.replaceChildren();
    try {
      const response = await ask("v1/recordings", this._host.key());
      if (response.status === 401) {
        text.textContent = "This server wants a key before it shows its recordings. Enter it in the settings.";
        return;
      }
      if (!response.ok) {
        text.textContent = "This server offers no recordings. You can open a file of your own.";
        return;
      }
      const body = await response.json();
      /** @type {Heading[]} */
      const found = (Array.isArray(body?.data) ? body.data : []).map(heading).filter((/** @type {unknown} */ h) => h !== null);
      text.textContent = found.length > 0 ? "Open one and scrub through it with sound." : "There are no recordings yet.";
      list.replaceChildren(...found.map((head) => this._line(head)));
    } catch {
      text.textContent = "The list could not be fetched. Is the server running?";
    }
  }

  /** @param {Heading} head */
  _line(head) {
    const line = document.createElement("li");
    const open = document.createElement("button");
    open.type = "button";
    open.className = "entry";
    const title = document.createElement("strong");
    title.textContent = head.title;
    const length = document.createElement("span");
    length.textContent = head.length > 0 ? clock(head.length / 1000) : "";
    const when = document.createElement("span");
    when.textContent = head.started > 0 ? new Date(head.started * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "";
    open.append(title, length, when);
    open.addEventListener("click", () => this._fetch(head));
    const erase = document.createElement("button");
    erase.type = "button";
    erase.className = "quiet small";
    erase.textContent = "Delete";
    erase.setAttribute("aria-label", `Delete ${head.title}`);
    erase.addEventListener("click", () => this._delete(head));
    line.append(open, erase);
    return line;
  }

  /** @param {Heading} head */
  async _fetch(head) {
    const path = `v1/recordings/${encodeURIComponent(head.id)}`;
    try {
      const key = this._host.key();
      const response = await ask(`${path}/timeline.json`, key);
      if (response.status === 404) return await this._whole(`${path}/session.mcap`, key);
      if (!response.ok) throw new Error("This recording could not be opened.");
      const recorded = readTimeline(await response.json());
      const sound = await ask(`${path}/audio.wav`, key);
      this._open(recorded, sound.ok ? await sound.blob() : null);
    } catch (error) {
      toast(error instanceof Error ? error.message : "This recording could not be opened.");
    }
  }

  /**
   * Where the server gives the file itself, it is read here.
   * @param {string} path
   * @param {string} key
   */
  async _whole(path, key) {
    const response = await ask(path, key);
    if (!response.ok) throw new Error("This recording could not be opened.");
    await this._read(await response.arrayBuffer());
  }

  /** @param {ArrayBuffer} bytes of an MCAP file */
  async _read(bytes) {
    const { readFile } = await import("./mcap.js");
    const { timeline, wav } = await readFile(new Uint8Array(bytes));
    this._open(readTimeline(timeline), wav);
  }

  /** @param {Heading} head */
  async _delete(head) {
    if (!confirm(`Delete the recording "${head.title}" from the server? This cannot be undone.`)) return;
    try {
      const response = await ask(`v1/recordings/${encodeURIComponent(head.id)}`, this._host.key(), { method: "DELETE" });
      if (!response.ok) toast("The server did not delete it.");
    } catch {
      toast("The server could not be reached.");
    }
    await this.list();
    button("tab-recordings").focus();
  }

  async _file() {
    const field = input("file");
    const file = field.files?.[0];
    if (file === undefined) return;
    try {
      await this._read(await file.arrayBuffer());
    } catch (error) {
      toast(error instanceof Error ? error.message : "This file could not be opened.");
    }
    field.value = "";
  }

  /**
   * @param {Recorded} recorded
   * @param {Blob | null} sound
   */
  _open(recorded, sound) {
    this.close();
    this.recorded = recorded;
    this.tally = new Tally();
    this.tally.update(recorded.model);
    this._hasSound = sound !== null;
    if (sound !== null) {
      this._address = URL.createObjectURL(sound);
      this._sound.src = this._address;
    }
    this._silentAt = 0;
    const length = recorded.heading.length;
    this._seek.max = String(Math.round(length));
    box("length").textContent = clock(length / 1000);
    box("library").hidden = true;
    box("player").hidden = false;
    mark("recording", true);
    this._host.opened(recorded);
    button("play").focus();
  }

  close() {
    if (this.recorded === null) return;
    this.pause();
    this.recorded = null;
    this._sound.removeAttribute("src");
    this._sound.load();
    if (this._address !== "") URL.revokeObjectURL(this._address);
    this._address = "";
    box("library").hidden = false;
    box("player").hidden = true;
    mark("recording", false);
    this._host.closed();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.recorded === null) return;
    if (this.at >= this.recorded.heading.length - 50) this.seek(0);
    if (this._hasSound) this._sound.play().catch(() => toast("The sound could not be played."));
    else this._silentSince = performance.now();
    this._show();
  }

  pause() {
    this._silentAt = this.at;
    this._silentSince = 0;
    this._sound.pause();
    this._show();
  }

  /** @param {number} at ms */
  seek(at) {
    if (this.recorded === null) return;
    const place = Math.min(Math.max(0, at), this.recorded.heading.length);
    if (this._hasSound) this._sound.currentTime = place / 1000;
    this._silentAt = place;
    if (this._silentSince !== 0) this._silentSince = performance.now();
  }

  /** Draw the scrubber at where we are. */
  paint() {
    if (this.recorded === null) return;
    const { at } = this;
    if (!this._hasSound && this.playing && at >= this.recorded.heading.length) this.pause();
    if (document.activeElement !== this._seek || this.playing) this._seek.value = String(Math.round(at));
    const time = clock(at / 1000);
    if (box("position").textContent !== time) {
      box("position").textContent = time;
      this._seek.setAttribute("aria-valuetext", `${time} of ${clock(this.recorded.heading.length / 1000)}`);
    }
    paintOverview(element("overview", HTMLCanvasElement), this.recorded.model, at, this.recorded.heading.length);
  }

  _show() {
    mark("playing", this.playing);
    button("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }
}
