// What a plain client of the Realtime protocol does with events, over a WebSocket as over a data channel.

import { TIMER } from "./steps.mjs";

const PCM = { type: "audio/pcm", rate: 24_000 };
export const SESSION = {
  type: "realtime",
  instructions: "You are helpful.",
  audio: {
    input: { format: PCM, transcription: { model: "whisper-1" }, turn_detection: { type: "server_vad" } },
    output: { format: PCM },
  },
  tools: [TIMER],
};

let answering = false;

export function realtime(talk, event, send) {
  switch (event.type) {
    case "session.created":
      send({ type: "session.update", session: SESSION });
      break;
    case "session.updated":
      talk.connected();
      break;
    case "conversation.item.input_audio_transcription.completed":
      talk.heard(event.transcript);
      break;
    case "response.created":
      answering = true;
      break;
    case "response.output_audio_transcript.delta":
      talk.said(event.delta);
      break;
    case "input_audio_buffer.speech_started":
      if (answering) talk.stopped();
      break;
    case "response.done":
      answering = false;
      break;
    case "response.output_item.done":
      if (event.item.type === "function_call") {
        const output = talk.called(event.item.arguments);
        const item = { type: "function_call_output", call_id: event.item.call_id, output };
        send({ type: "conversation.item.create", item });
        send({ type: "response.create" });
      }
      break;
    case "error":
      talk.trouble(event.error);
  }
}
