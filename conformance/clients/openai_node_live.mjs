// openai-node over GPT-Live.

import OpenAI from "openai";
import { LiveWS } from "openai/resources/live/ws";
import { live, SESSION } from "./live.mjs";
import { HTTP, fromBase64, talk, toBase64 } from "./node.mjs";

const talking = talk({ signals: false });
const connection = new LiveWS(new OpenAI({ apiKey: "none", baseURL: `http://${HTTP}/v1` }), {});
const send = (event) => connection.send(event);
const audio = { format: { type: "audio/pcm", rate: 24_000 } };

async function listen() {
  for await (const record of connection.stream()) {
    if (record.type === "open") send({ type: "session.start", session: { ...SESSION, audio } });
    if (record.type === "error") talking.trouble(record.error);
    if (record.type !== "message") continue;
    const event = record.message;
    if (event.type === "session.output_audio.delta") talking.sound(fromBase64(event.delta));
    if (event.type === "session.closed") connection.close();
    live(talking, event, send);
  }
}

const listening = listen();
await talking.hold({
  send: (samples) => send({ type: "session.input_audio.append", audio: toBase64(samples) }),
  close: () => {
    send({ type: "session.close" });
    return listening;
  },
});
process.exit(0);
