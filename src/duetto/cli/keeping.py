"""What a session leaves behind in a folder: its journal, its sound, its picture."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from duetto.assembly import Settings
    from duetto.models.model import MicroTurn
    from duetto.timeline.clock import Clock

JOURNAL: Final = "session.mcap"
SOUND: Final = "session.wav"
PICTURE: Final = "timeline.svg"


class Keeper(Protocol):
    """An `Observer` that writes a file. problem: why the file ends before the session, if it does."""

    @property
    def problem(self) -> str | None: ...

    def on_micro_turn(self, micro_turn: MicroTurn, /) -> None: ...

    def close(self) -> None: ...


def keep(
    out: Path, settings: Settings, clock: Clock, *, title: str, sources: dict[str, str], stack: ExitStack
) -> list[Keeper]:
    """Observers that write the session to the folder while it runs; the stack closes them, whatever happens."""
    from duetto.assembly import session_info
    from duetto.media.wav import StereoWavWriter
    from duetto.recording.journal import Journal

    journal = Journal(out / JOURNAL, session_info(settings, clock, title=title, sources=sources))
    stack.callback(journal.close)
    sound = StereoWavWriter(out / SOUND)
    stack.callback(sound.close)
    return [journal, sound]


def summary(out: Path, kept: Iterable[Keeper] = (), *, quiet: bool) -> bool:
    """Draw the picture, and say what lies where. False when a file could not be written to its end."""
    from duetto.recording.errors import RecordingError
    from duetto.recording.picture import LONGEST, draw
    from duetto.recording.reader import Recording

    written = [JOURNAL, SOUND]
    try:
        recording = Recording.open(out / JOURNAL)
        draw(recording, out / PICTURE, end=LONGEST)
    except RecordingError as error:
        sys.stderr.write(f"duetto: no timeline picture: {error}\n")
    else:
        written.append(PICTURE)
    if not quiet:
        sys.stdout.write(f"{out}: {', '.join(written)}\n")
    problems = [keeper.problem for keeper in kept if keeper.problem is not None]
    for problem in problems:
        sys.stderr.write(f"duetto: {problem}\n")
    return not problems
