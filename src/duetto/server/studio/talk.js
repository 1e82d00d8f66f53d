// A conversation from the page's side: what is shared, what came back, and in what state it is. It shows nothing itself.

import { Call, callsPossible } from "./call.js";
import { MediaClock } from "./clock.js";
import { SharedLine } from "./keys.js";
import { Tally } from "./latency.js";
import { Frames, Meter, openMicrophone, openPicture } from "./media.js";
import { Model, putLevel } from "./model.js";
import { START, microphoneStage, pictureProblem } from "./phase.js";
import { Refusal, Session } from "./session.js";
import { openSocket } from "./socket.js";
import { Transcript } from "./transcript.js";
import { increments } from "./wire.js";

/** @typedef {import("./phase.js").State} State */
/** @typedef {import("./wire.js").Event} Event */
/** @typedef {import("./media.js").Picture} Picture */

/** delta, horizon: ms, null for the server's own. key: "" for none.
 * @typedef {{ key: string, delta: number | null, horizon: number | null }} Choices */

/**
 * line: the typing line as it stands. video: where a picture of the user's own is shown. sound: duetto's voice has come.
 * @typedef {{
 *   changed(): void, problem(text: string): void, line(): string, video(which: Picture): HTMLVideoElement,
 *   sound(stream: MediaStream): void,
 * }} Page
 */

const WELCOME_WITHIN_MS = 2500;
/** Errors that only say that there was nothing to stop. */
const HARMLESS = ["response_cancel_not_active"];

export class Talk {
  /**
   * @param {Choices} choices
   * @param {Page} page
   */
  constructor(choices, page) {
    this.choices = choices;
    this._page = page;
    /** @type {State} */
    this.state = { ...START };
    this.retryAt = 0;
    this.model = new Model();
    this.transcript = new Transcript();
    this.tally = new Tally();
    this.clock = new MediaClock();
    /** What is in force: of the last welcome. @type {{ delta: number, horizon: number, brain: string } | null} */
    this.terms = null;
    /** @type {Session | null} */
    this._session = null;
    /** @type {Call | null} */
    this._call = null;
    /** @type {AudioContext | null} */
    this._audio = null;
    /** @type {MediaStreamTrack | null} */
    this._microphone = null;
    /** @type {Record<Picture, MediaStreamTrack | null>} */
    this.pictures = { camera: null, screen: null };
    /** @type {Partial<Record<Picture, Frames>>} */
    this._frames = {};
    /** @type {Meter | null} */
    this._micMeter = null;
    /** @type {Meter | null} */
    this._voiceMeter = null;
    this._line = new SharedLine((event) => this._session?.send(event));
    this._begun = 0;
    this._plainLines = 0;
    /** Counts attempts to start, so that one that was given up does not go on. */
    this._attempt = 0;
  }

  /** Connected, or trying to be. */
  get active() {
    return ["asking", "connecting", "open", "lost", "full"].includes(this.state.stage);
  }

  /**
   * Begin.
   * @param {{ text: boolean, camera: boolean, screen: boolean }} how
   */
  async start({ text, camera, screen }) {
    const attempt = ++this._attempt;
    const spoken = !text && callsPossible();
    this._set({ ...START, stage: text ? "connecting" : "asking", text: !spoken });
    if (!text && !spoken) this._page.problem("This browser has no WebRTC. You can type.");
    if (spoken) {
      this._audio ??= new AudioContext();
      this._audio.resume().catch(() => undefined);
      if (screen) await this.show("screen", true); // first, while the browser still knows of the press
      try {
        const stream = await openMicrophone();
        if (attempt !== this._attempt) return stream.getTracks().forEach((track) => track.stop());
        this._hearMicrophone(stream);
      } catch (error) {
        if (attempt !== this._attempt) return;
        const name = error instanceof DOMException ? error.name : "";
        this._release();
        return this._set({ stage: name === "InsecureContext" ? "insecure" : microphoneStage(name) });
      }
    }
    if (camera) await this.show("camera", true);
    if (attempt !== this._attempt) return;
    this._session = this._newSession();
    this._session.start();
  }

  /** End it, and let go of everything. */
  end() {
    this._attempt += 1;
    const session = this._session;
    this._session = null;
    session?.end();
    this._release();
    this._set({ stage: "ended", floor: "nobody", muted: false });
  }

  /** Leave this conversation for a new one, with the choices of now. */
  reconnect() {
    this._session?.restart();
  }

  /** Try again at once. */
  hurry() {
    this._session?.hurry();
  }

  toggleMute() {
    if (this._microphone === null) return;
    this._microphone.enabled = this.state.muted;
    this._set({ muted: !this.state.muted });
  }

  /** duetto is to stop what it is saying. */
  interrupt() {
    if (!this._session?.open) return;
    this._session.send({ type: "response.cancel" });
    if (!this.state.text) this._session.send({ type: "output_audio_buffer.clear" });
  }

  /**
   * Camera or screen on or off.
   * @param {Picture} which
   * @param {boolean} on
   */
  async show(which, on) {
    this._frames[which]?.close();
    delete this._frames[which];
    this.pictures[which]?.stop();
    this.pictures[which] = null;
    if (on) {
      try {
        const track = await openPicture(which);
        track.addEventListener("ended", () => {
          if (this.pictures[which] === track) void this.show(which, false);
        });
        this.pictures[which] = track;
      } catch (error) {
        this._page.problem(pictureProblem(which, error instanceof DOMException ? error.name : ""));
      }
    }
    const track = this.pictures[which];
    const video = this._page.video(which);
    video.srcObject = track === null ? null : new MediaStream([track]);
    if (track !== null) void video.play().catch(() => undefined);
    await this._call?.show(which, track).catch(() => undefined);
    this._showFrames();
    this._page.changed();
  }

  /** The typing line has changed. */
  typed() {
    if (this._session?.open && this._session.extended) this._line.change(this._page.line());
  }

  /**
   * The typing line is sent.
   * @returns {boolean} whether it could be
   */
  submit() {
    const text = this._page.line();
    if (!this._session?.open || text.trim() === "") return false;
    if (this._session.extended) {
      this._line.change(text);
      this._line.submit();
      return true;
    }
    const content = [{ type: "input_text", text }];
    this._session.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    this._session.send({ type: "response.create" });
    const at = performance.now() - this._begun;
    const id = ++this._plainLines;
    this.transcript.edit({ id, kind: "line", stream: "keys", status: "committed", start_ms: at, end_ms: at, text }, at);
    return true;
  }

  /** Media time (ms) to show. */
  get at() {
    return this.clock.at(performance.now());
  }

  /** Read the meters. @returns {{ user: number, duetto: number }} dBFS */
  levels() {
    const user = this.state.muted ? -120 : (this._micMeter?.level() ?? -120);
    const duetto = this._voiceMeter?.level() ?? -120;
    if (this._voiceMeter !== null && this.state.stage === "open") putLevel(this.model.voice, this.at, duetto, 1200);
    return { user, duetto };
  }

  /** @returns {Session} */
  _newSession() {
    const session = new Session({
      open: (ears, back) => this._open(ears, back),
      later: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      now: () => performance.now(),
      hello: () => this._hello(),
      changed: (stage, retry, why) => {
        if (this._session !== session) return;
        this.retryAt = retry > 0 ? performance.now() + retry : 0;
        this._set({ stage, why, floor: stage === "open" ? this.state.floor : "nobody" });
        if (stage === "key" || stage === "failed") this._release();
        if (stage === "open" && this.state.text) session.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
      },
      event: (event) => this._event(event),
      fresh: (resumed) => this._fresh(resumed),
    });
    return session;
  }

  /**
   * @param {import("./session.js").Ears} ears
   * @param {string} back the session that is to be resumed, "" for a new one
   */
  async _open(ears, back) {
    if (!this.state.text) {
      try {
        this._call = new Call({ audio: this._microphone, ...this.pictures }, (stream) => this._hearVoice(stream));
        return await this._call.open(this.choices.key, ears);
      } catch (error) {
        if (!(error instanceof Refusal) || error.kind !== "impossible") throw error;
        this._call = null;
        this._release("microphone");
        this._page.problem(`Voice is not possible here. ${error.message} You can type.`);
        this._set({ text: true });
      }
    }
    const link = await openSocket(this.choices.key, ears, back);
    this._showFrames();
    return link;
  }

  _hello() {
    const { delta, horizon } = this.choices;
    return {
      type: "duetto.hello",
      increments: true,
      ...(delta === null ? {} : { delta_ms: delta }),
      ...(horizon === null ? {} : { horizon_ms: horizon }),
    };
  }

  /** @param {boolean} resumed */
  _fresh(resumed) {
    if (resumed) return this.typed(); // what was typed meanwhile
    this.model = new Model();
    this.tally = new Tally();
    this.clock.reset();
    this.terms = null;
    this._line.restart("");
    this._begun = performance.now();
    if (this.transcript.entries.length > 0) this.transcript.divide();
    const session = this._session;
    setTimeout(() => {
      if (session !== null && session === this._session && session.open && !session.extended) {
        this._page.problem("This server sends no increments, so the lanes stay empty. Talking and typing work.");
      }
    }, WELCOME_WITHIN_MS);
  }

  /** @param {Event} event */
  _event(event) {
    const local = performance.now();
    switch (event.type) {
      case "duetto.increments": {
        const message = increments(event);
        if (message === null) return;
        this.model.take(message);
        this.clock.hear(message.now_ms, local);
        for (const edit of message.edits) this.transcript.edit(edit, message.now_ms);
        this.tally.update(this.model);
        if (message.floor !== this.state.floor) this._set({ floor: message.floor });
        return;
      }
      case "duetto.welcome":
        this.terms = {
          delta: Number(event["delta_ms"]) || 0,
          horizon: Number(event["horizon_ms"]) || 0,
          brain: String(event["brain"] ?? ""),
        };
        this.typed();
        return this._page.changed();
      case "error":
        if (!HARMLESS.includes(event["error"]?.code)) this._page.problem(String(event["error"]?.message ?? "The server reports an error."));
        return;
      default:
        if (!this._session?.extended) this.transcript.event(event, local - this._begun);
    }
  }

  /** @param {MediaStream} stream */
  _hearMicrophone(stream) {
    this._microphone = stream.getAudioTracks()[0] ?? null;
    this._microphone?.addEventListener("ended", () => this._page.problem("The microphone was disconnected."));
    if (this._audio !== null) this._micMeter = new Meter(this._audio, stream);
  }

  /** @param {MediaStream} stream */
  _hearVoice(stream) {
    this._voiceMeter?.close();
    if (this._audio !== null) this._voiceMeter = new Meter(this._audio, stream);
    this._page.sound(stream);
  }

  /** Without a call there are no video tracks: pictures go one by one. */
  _showFrames() {
    for (const which of /** @type {Picture[]} */ (["camera", "screen"])) {
      const wanted = this._call === null && this._session !== null && this.pictures[which] !== null;
      if (wanted && this._frames[which] === undefined) {
        this._frames[which] = new Frames(which, this._page.video(which), (event) => {
          if (this._session?.extended) this._session.send(event);
        });
      }
    }
  }

  /** @param {"all" | "microphone"} [what] */
  _release(what = "all") {
    this._microphone?.stop();
    this._microphone = null;
    this._micMeter?.close();
    this._micMeter = null;
    if (what === "microphone") return;
    this._voiceMeter?.close();
    this._voiceMeter = null;
    this._call = null;
    for (const which of /** @type {Picture[]} */ (["camera", "screen"])) if (this.pictures[which] !== null) void this.show(which, false);
  }

  /** @param {Partial<State>} change */
  _set(change) {
    this.state = { ...this.state, ...change };
    this._page.changed();
  }
}
