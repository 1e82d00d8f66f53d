// The WebRTC way: sound both ways, pictures up, events on a data channel.

import { ask, refusal } from "./http.js";
import { Refusal } from "./session.js";
import { decode } from "./wire.js";

/** @typedef {import("./session.js").Ears} Ears */
/** @typedef {import("./session.js").Link} Link */

/** Tracks to send; null for one that is off. They can be exchanged while the call stands.
 * @typedef {{ audio: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null }} Tracks */

const GATHER_WITHIN_MS = 1500;
const OPEN_WITHIN_MS = 12_000;
/** A connection that is "disconnected" often mends itself within this time. */
const MEND_WITHIN_MS = 5000;

/** Whether this browser can do it at all. */
export function callsPossible() {
  return typeof RTCPeerConnection === "function";
}

export class Call {
  /**
   * @param {Tracks} tracks
   * @param {(sound: MediaStream) => void} heard duetto's voice
   */
  constructor(tracks, heard) {
    this._tracks = tracks;
    this._heard = heard;
    /** @type {RTCPeerConnection | null} */
    this._peer = null;
    /** @type {RTCRtpSender[]} */
    this._pictures = [];
  }

  /**
   * Opens `/v1/realtime/calls`. Throws Refusal; "impossible" when this network or server carries no WebRTC.
   * @param {string} key "" for none
   * @param {Ears} ears
   * @returns {Promise<Link>}
   */
  async open(key, ears) {
    const peer = new RTCPeerConnection();
    this._peer = peer;
    const channel = peer.createDataChannel("oai-events");
    const link = this._link(peer, channel, ears);
    link.catch(() => undefined); // told below, where the offer itself has failed
    try {
      this._offerTracks(peer);
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const answer = await this._exchange(key, peer.localDescription?.sdp ?? "");
      await peer.setRemoteDescription({ type: "answer", sdp: answer });
    } catch (error) {
      peer.close();
      throw error instanceof Refusal ? error : new Refusal("impossible", "The browser and the server found no common way.");
    }
    return link;
  }

  /**
   * Send another picture track, or none.
   * @param {"camera" | "screen"} which
   * @param {MediaStreamTrack | null} track
   */
  async show(which, track) {
    this._tracks[which] = track;
    await this._pictures[which === "camera" ? 0 : 1]?.replaceTrack(track);
  }

  /** @param {RTCPeerConnection} peer */
  _offerTracks(peer) {
    const { audio, camera, screen } = this._tracks;
    peer.ontrack = ({ track, streams }) => {
      if (track.kind === "audio") this._heard(streams[0] ?? new MediaStream([track]));
    };
    if (audio !== null) peer.addTransceiver(audio, { direction: "sendrecv" });
    else peer.addTransceiver("audio", { direction: "recvonly" });
    // Both lines are offered from the start, the camera's first, so that either can be turned on without a new offer.
    this._pictures = [camera, screen].map((track) => peer.addTransceiver(track ?? "video", { direction: "sendonly" }).sender);
  }

  /**
   * @param {string} key
   * @param {string} offer
   */
  async _exchange(key, offer) {
    const form = new FormData();
    form.set("sdp", offer);
    form.set("session", JSON.stringify({ type: "realtime", model: "duetto" }));
    const response = await ask("v1/realtime/calls", key, { method: "POST", body: form });
    if (!response.ok) throw await refusal(response, key);
    return response.text();
  }

  /**
   * @param {RTCPeerConnection} peer
   * @param {RTCDataChannel} channel
   * @param {Ears} ears
   * @returns {Promise<Link>}
   */
  _link(peer, channel, ears) {
    return new Promise((resolve, reject) => {
      let over = false;
      let opened = false;
      let mending = 0;
      const end = (/** @type {string} */ why) => {
        if (over) return;
        over = true;
        clearTimeout(late);
        clearTimeout(mending);
        peer.close();
        if (opened) ears.lost(why);
        else reject(new Refusal("impossible", "No WebRTC connection came about; the network may block it."));
      };
      const late = setTimeout(() => end(""), OPEN_WITHIN_MS);
      channel.onopen = () => {
        opened = true;
        clearTimeout(late);
        resolve({
          send: (event) => {
            if (channel.readyState === "open") channel.send(JSON.stringify(event));
          },
          close: () => {
            over = true;
            peer.close();
          },
        });
      };
      channel.onmessage = (message) => {
        const event = decode(message.data);
        if (event !== null && !over) ears.event(event);
      };
      channel.onclose = () => end("");
      peer.onconnectionstatechange = () => {
        clearTimeout(mending);
        if (peer.connectionState === "failed") end("");
        else if (peer.connectionState === "disconnected") mending = setTimeout(() => end(""), MEND_WITHIN_MS);
      };
    });
  }
}

/**
 * Resolves when all candidates are in the description: there is no way to send later ones.
 * @param {RTCPeerConnection} peer
 * @returns {Promise<void>}
 */
function gathered(peer) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") return resolve();
    const late = setTimeout(resolve, GATHER_WITHIN_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(late);
      resolve();
    });
  });
}
