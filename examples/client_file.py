"""A sound file in, a sound file out: python client_file.py ws://127.0.0.1:8000 question.wav answer.wav"""

import asyncio
import sys

import numpy as np
import soundfile

from duetto.client import Client, Ended, Sound


async def main(url: str, question: str, answer: str) -> None:
    async with Client(url) as talk:
        await talk.hear(*soundfile.read(question, dtype="int16"))
        parts = []
        async for event in talk:
            if isinstance(event, Sound):
                parts.append(event.samples)
            if isinstance(event, Ended):
                break
        soundfile.write(answer, np.concatenate(parts), 24_000)


asyncio.run(main(*sys.argv[1:]))
