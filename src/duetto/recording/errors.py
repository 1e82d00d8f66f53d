"""What goes wrong with recordings, said in one sentence that names the file."""

from __future__ import annotations


class RecordingError(Exception):
    """A recording cannot be written, opened, read or drawn. The message names the file and the reason."""
