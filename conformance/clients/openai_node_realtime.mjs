// openai-node over the Realtime protocol. It insists on TLS: NODE_EXTRA_CA_CERTS names the authority.

import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { HTTPS, closed, fromBase64, keep, open, talk, toBase64 } from "./node.mjs";
import { realtime } from "./realtime.mjs";

const talking = talk();
const client = new OpenAI({ apiKey: "none", baseURL: `https://${HTTPS}/v1` });
const connection = new OpenAIRealtimeWS({ model: "duetto" }, client);
connection.on("error", (error) => talking.trouble(error));
connection.on("event", (event) => {
  keep(event);
  if (event.type === "response.output_audio.delta") talking.sound(fromBase64(event.delta));
  realtime(talking, event, (sent) => connection.send(sent));
});
await open(connection.socket);
await talking.hold({
  send: (samples) => connection.send({ type: "input_audio_buffer.append", audio: toBase64(samples) }),
  close: () => {
    const over = closed(connection.socket);
    connection.close();
    return over;
  },
});
process.exit(0);
