// @openai/agents over a WebSocket.

import { RealtimeSession } from "@openai/agents/realtime";
import { agent, CONFIG, watch } from "./agents.mjs";
import { HTTP, talk } from "./node.mjs";

const talking = talk();
const session = new RealtimeSession(agent(talking), { transport: "websocket", model: "duetto", config: CONFIG });
watch(talking, session);
session.on("audio", (event) => talking.sound(new Int16Array(event.data)));
await session.connect({ apiKey: "none", url: `ws://${HTTP}/v1/realtime?model=duetto` });
await talking.hold({
  send: (samples) => session.sendAudio(samples.slice().buffer),
  close: async () => session.close(),
});
process.exit(0);
