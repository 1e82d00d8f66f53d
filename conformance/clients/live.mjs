// What a plain client of GPT-Live does with events, over a WebSocket as over a data channel.

import { TIMER } from "./steps.mjs";

export const SESSION = {
  model: "gpt-live-1",
  instructions: "You are helpful.",
  delegation: { type: "responses", responses: { model: "gpt-5.4-mini", tools: [TIMER] } },
};

export function live(talk, event, send) {
  switch (event.type) {
    case "session.started":
      talk.connected();
      break;
    case "session.input_transcript.delta":
      talk.heard(event.delta);
      break;
    case "session.output_transcript.delta":
      talk.said(event.delta);
      break;
    case "response.event":
      if (event.event.type === "response.output_item.done" && event.event.item.type === "function_call") {
        const output = talk.called(event.event.item.arguments);
        const item = { type: "function_call_output", call_id: event.event.item.call_id, output };
        send({ type: "response.item.create", item });
        send({ type: "response.create" });
      }
      break;
    case "error":
      talk.trouble(event.error);
  }
}
