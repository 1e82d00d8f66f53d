// openai-node's OpenAILiveWebRTC in a page.

import { OpenAILiveWebRTC } from "openai/live/webrtc";
import { live, SESSION } from "./live.mjs";
import { element, listen, run, server, stream } from "./page.mjs";

async function exchangeSdp(sdp) {
  const headers = { authorization: "Bearer none", "content-type": "application/json" };
  const body = JSON.stringify({ session: SESSION, transport: { type: "webrtc", sdp } });
  const answer = await fetch(`${server}/v1/live/sessions`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()).transport.sdp;
}

run(
  async (talk, say) => {
    const connection = new OpenAILiveWebRTC();
    const player = element();
    connection.peerConnection.addEventListener("track", ({ track }) => (player.srcObject = new MediaStream([track])));
    connection.peerConnection.addTrack(stream.getAudioTracks()[0], stream);
    connection.onConnectionEvent((event) => event.type === "error" && talk.trouble(event.error));
    connection.onEvent((event) => {
      window.keep(event);
      live(talk, event, (sent) => connection.send(sent));
    });
    listen(talk, player);
    await connection.connect({ exchangeSdp });
    const close = async () => {
      const over = new Promise((resolve) => connection.on("session.closed", resolve));
      connection.send({ type: "session.close" });
      await over;
      connection.close();
    };
    await talk.hold({ say, close });
  },
  { signals: false },
);
