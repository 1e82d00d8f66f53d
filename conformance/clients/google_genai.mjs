// @google/genai over Gemini Live.

import { GoogleGenAI, Modality } from "@google/genai";
import { HTTP, fromBase64, talk, toBase64 } from "./node.mjs";
import { TIMER } from "./steps.mjs";

const talking = talk({ rate: 16_000 });
const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: `http://${HTTP}` } });
const { name, description, parameters } = TIMER;
let over = () => {};

function take(message) {
  const content = message.serverContent;
  for (const part of content?.modelTurn?.parts ?? []) {
    if (part.inlineData) talking.sound(fromBase64(part.inlineData.data));
  }
  talking.heard(content?.inputTranscription?.text);
  talking.said(content?.outputTranscription?.text);
  if (content?.interrupted) talking.stopped();
  if (message.toolCall) {
    const functionResponses = message.toolCall.functionCalls.map((call) => ({
      id: call.id,
      name: call.name,
      response: { output: talking.called(call.args) },
    }));
    session.sendToolResponse({ functionResponses });
  }
}

const session = await client.live.connect({
  model: "duetto",
  config: {
    responseModalities: [Modality.AUDIO],
    systemInstruction: "You are helpful.",
    tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }],
    inputAudioTranscription: {},
    outputAudioTranscription: {},
    speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
  },
  callbacks: {
    onmessage: take,
    onerror: (error) => talking.trouble(error.message),
    onclose: () => over(),
  },
});
talking.connected();
await talking.hold({
  send: (samples) => session.sendRealtimeInput({ audio: { data: toBase64(samples), mimeType: "audio/pcm;rate=16000" } }),
  close: () =>
    new Promise((resolve) => {
      over = resolve;
      session.close();
    }),
});
process.exit(0);
