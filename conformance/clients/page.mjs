// What the pages share: a microphone that says sound files, an ear for what comes, and the talk.

import { Talk } from "./steps.mjs";

export const { server, secret } = window.duetto;

const context = new AudioContext();
const microphone = context.createMediaStreamDestination();
export const stream = microphone.stream;

const noise = context.createBuffer(1, context.sampleRate, context.sampleRate);
noise.getChannelData(0).forEach((_, place, samples) => (samples[place] = (Math.random() - 0.5) * 5e-4));
const room = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
room.connect(microphone);
room.start();

async function say(name) {
  const file = await fetch(`/${name}-24000.wav`);
  const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(await file.arrayBuffer()) });
  source.connect(microphone);
  const ended = new Promise((resolve) => (source.onended = resolve));
  source.start();
  await ended;
}

// Listens to what an audio element plays, as soon as it has something to.
export function listen(talk, element) {
  const waiting = setInterval(() => {
    if (!element.srcObject?.getAudioTracks().length) return;
    clearInterval(waiting);
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(element.srcObject).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > 400 / 32768)) talk.speaks(0.02);
    }, 20);
  }, 20);
}

export function element() {
  const made = document.createElement("audio");
  made.autoplay = true;
  document.body.append(made);
  return made;
}

// Runs a page's talk to its end, whatever happens.
export async function run(work, more) {
  const talk = new Talk({ report: window.report, ...more });
  try {
    await context.resume();
    await work(talk, say);
  } catch (error) {
    console.error(error.stack ?? error);
    window.report({ step: "connect", ok: false, detail: `${error}` });
  }
  await window.over();
}
