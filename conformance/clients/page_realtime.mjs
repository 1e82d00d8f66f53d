// openai-node's OpenAIRealtimeWebRTC in a page.

import { OpenAIRealtimeWebRTC } from "openai/realtime/webrtc";
import { element, listen, run, secret, server, stream } from "./page.mjs";
import { realtime } from "./realtime.mjs";

async function exchangeSdp(offer) {
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/sdp" };
  const answer = await fetch(`${server}/v1/realtime/calls`, { method: "POST", headers, body: offer });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.text();
}

run(async (talk, say) => {
  const connection = new OpenAIRealtimeWebRTC();
  const player = element();
  connection.peerConnection.addEventListener("track", ({ track }) => (player.srcObject = new MediaStream([track])));
  connection.peerConnection.addTrack(stream.getAudioTracks()[0], stream);
  connection.onConnectionEvent((event) => event.type === "error" && talk.trouble(event.error));
  connection.onEvent((event) => {
    window.keep(event);
    realtime(talk, event, (sent) => connection.send(sent));
  });
  listen(talk, player);
  await connection.connect({ exchangeSdp });
  await talk.hold({ say, close: async () => connection.close() });
});
