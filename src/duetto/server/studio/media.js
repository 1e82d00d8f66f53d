// Microphone, camera and screen of this machine, and how loud a sound is.

/** @typedef {"camera" | "screen"} Picture */

/**
 * The microphone, with the browser's echo cancellation: duetto listens while it speaks. Throws a DOMException, or
 * one of name "InsecureContext" where the browser allows no microphone at this address.
 * @returns {Promise<MediaStream>}
 */
export async function openMicrophone() {
  if (navigator.mediaDevices === undefined) throw new DOMException("needs https or localhost", "InsecureContext");
  return navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  });
}

/**
 * @param {Picture} which
 * @returns {Promise<MediaStreamTrack>} throws a DOMException
 */
export async function openPicture(which) {
  const devices = navigator.mediaDevices;
  if (devices === undefined) throw new DOMException("needs https or localhost", "NotAllowedError");
  if (which === "screen" && typeof devices.getDisplayMedia !== "function") throw new DOMException("", "NotFoundError");
  const stream =
    which === "camera"
      ? await devices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 15 } } })
      : await devices.getDisplayMedia({ video: { width: { max: 1280 }, height: { max: 720 }, frameRate: { max: 10 } }, audio: false });
  const track = stream.getVideoTracks()[0];
  if (track === undefined) throw new DOMException("", "NotFoundError");
  track.contentHint = which === "camera" ? "motion" : "detail";
  return track;
}

/** Whether this browser can share a screen (phones cannot). */
export function screenPossible() {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Measures the level of a stream of sound. */
export class Meter {
  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   */
  constructor(context, stream) {
    this._source = context.createMediaStreamSource(stream);
    this._analyser = context.createAnalyser();
    this._analyser.fftSize = 2048;
    this._samples = new Float32Array(this._analyser.fftSize);
    this._source.connect(this._analyser);
  }

  /** RMS of the last 40 ms or so, in dB of full scale; -120 for silence. */
  level() {
    this._analyser.getFloatTimeDomainData(this._samples);
    let sum = 0;
    for (const sample of this._samples) sum += sample * sample;
    return Math.max(-120, 10 * Math.log10(sum / this._samples.length + 1e-12));
  }

  close() {
    this._source.disconnect();
  }
}

const FRAME_EVERY_MS = 500;
const FRAME_SIDE = 640;

/** Sends a picture of a video element now and then, where there is no video track to the server. */
export class Frames {
  /**
   * @param {Picture} which
   * @param {HTMLVideoElement} video
   * @param {(event: { type: string, [field: string]: unknown }) => void} send
   */
  constructor(which, video, send) {
    this._canvas = document.createElement("canvas");
    this._timer = setInterval(() => {
      const { videoWidth: width, videoHeight: height } = video;
      const context = this._canvas.getContext("2d");
      if (width === 0 || context === null) return;
      const scale = Math.min(1, FRAME_SIDE / Math.max(width, height));
      this._canvas.width = Math.round(width * scale);
      this._canvas.height = Math.round(height * scale);
      context.drawImage(video, 0, 0, this._canvas.width, this._canvas.height);
      const image = this._canvas.toDataURL("image/jpeg", 0.7).split(",")[1];
      if (image) send({ type: "duetto.frame", stream: which, image });
    }, FRAME_EVERY_MS);
  }

  close() {
    clearInterval(this._timer);
  }
}
