// An agent of @openai/agents with a tool, and what its session tells, over any transport.

import { RealtimeAgent, tool } from "@openai/agents/realtime";
import { z } from "zod";

export function agent(talk) {
  const timer = tool({
    name: "set_timer",
    description: "Set a timer.",
    parameters: z.object({ minutes: z.number() }),
    execute: async (given) => talk.called(given),
  });
  return new RealtimeAgent({ name: "duetto", instructions: "You are helpful.", tools: [timer] });
}

export const CONFIG = { audio: { input: { transcription: { model: "whisper-1" } } } };

export function watch(talk, session) {
  session.on("audio_interrupted", () => talk.stopped());
  session.on("error", (error) => talk.trouble(error.error ?? error));
  session.on("transport_event", (event) => {
    if (event.type === "session.updated") talk.connected();
    if (event.type === "conversation.item.input_audio_transcription.completed") talk.heard(event.transcript);
    if (event.type === "response.output_audio_transcript.delta") talk.said(event.delta);
  });
}
