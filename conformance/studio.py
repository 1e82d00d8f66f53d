"""The page at `/` in Chromium, with a microphone and a camera that play files, against a real `duetto serve` as it
comes: its embedded recogniser, vision, brain and voice.

python conformance/studio.py
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import soundfile
import soxr
from duetto_server import Server
from places import HERE, node_folder

from duetto.bench.stage.film import Film
from duetto.bench.track import Act, Camera
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE

STEPS = ("connect", "heard", "answer", "seen", "typed", "lost", "back")
LIMIT_S = 300.0
"""Seconds that all of it may take."""
RATE = 48_000
LASTS_S = 40.0
"""Length of both files, seconds; they begin anew then."""
SAYS = ((3.0, "what is twelve times seven"), (9.0, "say hello when someone comes in"))
"""When what is said, seconds from the beginning of the microphone's file."""
CAMERA = Camera(room="office", lasts=LASTS_S, acts=(Act(does="enter", at=19.0), Act(does="leave", at=31.0)))
FILM_RATE = 30.0
"""Pictures a second that Chromium plays such a file at."""


def speech(path: Path) -> None:
    """Write what the microphone hears."""
    sound = np.random.default_rng(1).normal(0, 3e-4, round(LASTS_S * RATE))
    with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as read:
        for at, text in SAYS:
            said = soxr.resample(read(text).astype(np.float64) / 32768, VOICE_RATE, RATE)
            sound[round(at * RATE) :][: len(said)] += said
    soundfile.write(path, sound, RATE, subtype="PCM_16")


def film(path: Path) -> None:
    """Write what the camera sees: an empty room, somebody comes in, and leaves."""
    shown = Film(CAMERA)
    with path.open("wb") as file:
        for number in range(round(LASTS_S * FILM_RATE)):
            made, data = cv2.imencode(".jpg", shown.picture(number / FILM_RATE), [cv2.IMWRITE_JPEG_QUALITY, 85])
            if not made:
                raise RuntimeError(f"picture {number} could not be written")
            file.write(data.tobytes())


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=HERE.parent / "build" / "conformance", help="folder for installs")
    parser.add_argument("--browser", default=shutil.which("chromium") or "", help="Chromium")
    return parser.parse_args()


def main() -> int:
    given = options()
    if not given.browser:
        print("no Chromium is found; say where it is with --browser", file=sys.stderr)
        return 1
    cache = given.cache.resolve()
    work = cache / "runs" / "studio"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    node = node_folder(cache)
    speech(work / "microphone.wav")
    film(work / "camera.mjpeg")
    server = Server(work)
    environ = {**os.environ, "DUETTO_BROWSER": given.browser, "DUETTO_HTTP": f"127.0.0.1:{server.http}"}
    client = subprocess.Popen(
        ["node", str(node / "studio.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=work,
        env=environ,
    )
    assert client.stdin is not None and client.stdout is not None
    limit = threading.Timer(LIMIT_S, client.kill)
    limit.start()
    done: dict[str, bool] = {}
    try:
        for line in client.stdout:
            told = json.loads(line)
            if "step" in told:
                done[told["step"]] = told["ok"]
                print(f"{told['step']:8} {'ok' if told['ok'] else 'FAILED':7} {told['detail']}", flush=True)
            elif told["wants"] == "down":
                server.stop()
            else:
                server = Server(work, http=server.http)
            if "wants" in told:
                client.stdin.write("done\n")
                client.stdin.flush()
        client.wait()
    finally:
        limit.cancel()
        client.kill()
        server.stop()
    lines = (work / "server.log").read_text().splitlines()
    log = "\n".join(line for line in lines if not line.startswith("INFO: "))  # what a library in C++ tells
    if log:
        print(f"\nthe server's own log:\n{log[-3000:]}")
    print(f"what it looked like: {work}")
    return 0 if all(done.get(step, False) for step in STEPS) and not log else 1


if __name__ == "__main__":
    sys.exit(main())
