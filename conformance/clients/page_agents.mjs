// @openai/agents over WebRTC in a page.

import { OpenAIRealtimeWebRTC, RealtimeSession } from "@openai/agents/realtime";
import { agent, CONFIG, watch } from "./agents.mjs";
import { element, listen, run, secret, server, stream } from "./page.mjs";

run(async (talk, say) => {
  const player = element();
  const transport = new OpenAIRealtimeWebRTC({
    baseUrl: `${server}/v1/realtime/calls`,
    mediaStream: stream,
    audioElement: player,
  });
  const session = new RealtimeSession(agent(talk), { transport, model: "duetto", config: CONFIG });
  session.on("transport_event", (event) => {
    window.keep(event);
    if (event.type === "output_audio_buffer.cleared") talk.stopped(); // the server plays: it says so, not the package
  });
  watch(talk, session);
  listen(talk, player);
  await session.connect({ apiKey: secret });
  await talk.hold({ say, close: async () => session.close() });
});
