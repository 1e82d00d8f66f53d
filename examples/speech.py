"""What the examples share: what the user says, at the pace at which it is said, and where the answer goes."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import soundfile
import soxr

from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings


def options(about: str, url: str) -> argparse.Namespace:
    """--url, --key, --wav or --says, --out, --seconds."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--url", default=url, help="where the server is")
    parser.add_argument("--key", default="none", help="the server's API key")
    parser.add_argument("--wav", default="", help="what the user says, as a sound file")
    parser.add_argument("--says", default="what is twelve times seven", help="or as text, read by the embedded voice")
    parser.add_argument("--out", default="answer.wav", help="where the answer goes")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long to listen after it was said")
    return parser.parse_args()


def speech(given: argparse.Namespace, rate: int) -> np.ndarray:
    """What the user says: int16 mono at `rate`."""
    if given.wav:
        sound, own = soundfile.read(given.wav, dtype="int16", always_2d=True)
        return soxr.resample(np.ascontiguousarray(sound[:, 0]), own, rate)
    with reading(VoiceSettings()) as read:
        return soxr.resample(read(given.says), 24_000, rate)


async def say(sound: np.ndarray, rate: int, seconds: float, send: Callable[[bytes], Awaitable[object]]) -> None:
    """Send it as it is said, 40 ms at a time, then room noise: a microphone is never still."""
    size = rate // 25
    room = np.random.default_rng(1).normal(0, 8, round(seconds * rate)).astype(np.int16)
    whole = np.concatenate([room[: rate // 2], sound, room])
    began = asyncio.get_running_loop().time()
    for place, first in enumerate(range(0, len(whole), size)):
        await asyncio.sleep(began + place * 0.04 - asyncio.get_running_loop().time())
        await send(whole[first : first + size].tobytes())


def keep(path: str, parts: list[bytes], rate: int = 24_000) -> None:
    """Write the answer."""
    answer = np.frombuffer(b"".join(parts), np.int16)
    soundfile.write(path, answer, rate)
    print(f"{path}: {len(answer) / rate:.1f} s of answer")
