"""Model files of the recognisers that are extras: in a folder of the user's, or fetched from their publisher."""

from __future__ import annotations

import os
import shutil
import tarfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from duetto.timeline.clock import Deadline

T = TypeVar("T")

_BLOCK: Final = 1 << 20
_STALLED: Final = 20.0
"""Seconds without a byte after which a download has failed."""


class ModelMissing(RuntimeError):
    """A recogniser's model is not there, and why, and what to do about it."""


def cache_folder() -> Path:
    """Where fetched models are kept: below the user's cache (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "duetto" / "recognisers"


def fetch_archive(url: str, folder: Path, *, limit_s: float) -> None:
    """Fetch a tar archive that holds one folder, and leave that folder as `folder`.

    All or nothing: a download that fails leaves nothing behind. Raises ModelMissing with the reason, within about
    `limit_s` seconds.
    """
    deadline = Deadline(limit_s)
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = folder.parent / f"{folder.name}.{os.getpid()}.part"
    unpacked = folder.parent / f"{folder.name}.{os.getpid()}.new"
    try:
        with (
            urllib.request.urlopen(url, timeout=max(0.1, min(_STALLED, limit_s))) as source,
            archive.open("wb") as target,
        ):
            while block := source.read(_BLOCK):
                target.write(block)
                if deadline.passed():
                    raise TimeoutError(f"it took longer than {limit_s:g} s, the limit")
        with tarfile.open(archive) as bundle:
            bundle.extractall(unpacked, filter="data")
        inner = [path for path in unpacked.iterdir() if path.is_dir()]
        if len(inner) != 1:
            raise tarfile.TarError(f"it holds {len(inner)} folders instead of one")
        shutil.rmtree(folder, ignore_errors=True)
        inner[0].rename(folder)
    except (OSError, tarfile.TarError, urllib.error.URLError) as error:
        raise ModelMissing(f"the model could not be fetched from {url}: {error}") from error
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(unpacked, ignore_errors=True)


def within(work: Callable[[], T], *, limit_s: float, what: str) -> T:
    """Run a library's own download, which may hang, for at most `limit_s` seconds.

    Raises ModelMissing when it fails or takes longer; a thread that hangs is left behind and ends with the process.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True, name="duetto-download")
    thread.start()
    thread.join(limit_s)
    if failure:
        raise ModelMissing(f"{what} could not be fetched: {failure[0]}") from failure[0]
    if not result:
        raise ModelMissing(f"{what} could not be fetched within {limit_s:g} s, the limit")
    return result[0]
