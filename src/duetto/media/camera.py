"""The machine's camera."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from duetto.media.problem import MediaError, Notices
from duetto.media.video_file import PictureInput
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import Clock, Stopwatch, s

PATIENCE_S: Final = 6.0
"""Seconds that opening a camera, up to its first picture, may take."""
FAREWELL_S: Final = 1.0
"""Seconds that closing waits for a camera; one that hangs is left behind."""
FAILURES: Final = 50
"""Reads that may fail in a row, 50 ms apart, before the camera counts as gone."""
WIDTH: Final = 640
HEIGHT: Final = 360

In = TypeVar("In", bound=PictureInput)


class Capture(Protocol):
    """What is used of OpenCV's VideoCapture."""

    def isOpened(self) -> bool: ...

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


def open_capture(device: int | str) -> Capture:
    """OpenCV's capture of camera number or path `device`, asked for 640×360 and no pictures in store."""
    import cv2

    capture = cv2.VideoCapture(device)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


class CameraFeeder(Generic[In]):
    """Feeds a camera's pictures into an input, from a thread of its own, each at the media time of its coming.

    The first `feed` is the moment from which pictures count. A camera that stalls for `stall` ns of machine time, or
    goes, is a notice. Raises MediaError when it cannot be opened or gives no picture.
    """

    def __init__(
        self,
        into: In,
        device: int | str = 0,
        *,
        clock: Clock,
        stall: int = s(2.0),
        patience_s: float = PATIENCE_S,
        opener: Callable[[int | str], Capture] = open_capture,
    ) -> None:
        self.input = into
        self.device = device
        self._clock = clock
        self._stall = stall
        self._opener = opener
        self._notices = Notices("camera")
        self._live = threading.Event()
        self._stop = threading.Event()
        self._opened = threading.Event()
        self._problem: str | None = None
        self._since = Stopwatch()
        self._stalled = False
        self._finished = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()
        if not self._opened.wait(patience_s):
            self._problem = f"it gave no picture within {patience_s:g} s"
        if self._problem is not None:
            self._stop.set()
            raise MediaError("camera", f"device {device}", self._problem)

    def feed(self, until: int) -> None:
        """Nothing, but the first time: pictures count from now on."""
        self._live.set()

    def _run(self) -> None:
        capture: Capture | None = None
        try:
            capture = self._opener(self.device)
            if not capture.isOpened():
                self._problem = "it cannot be opened"
            else:
                self._watch(capture)
        except Exception as error:  # of a driver, of any kind
            self._problem = f"it failed: {error}"
        finally:
            self._gone()
            self._opened.set()
            if capture is not None:
                capture.release()

    def _watch(self, capture: Capture) -> None:
        failures = 0
        while not self._stop.is_set() and failures < FAILURES:
            good, picture = capture.read()
            if not good:
                failures += 1
                self._stop.wait(0.05)
                continue
            failures = 0
            self._since = Stopwatch()
            self._opened.set()
            if self._live.is_set() and not self._stop.is_set():
                self.input.push(self._clock.now(), picture)
        if failures and not self._opened.is_set():
            self._problem = "it opens, but gives no picture"

    def _gone(self) -> None:
        if self._opened.is_set() and not self._stop.is_set():
            self._notices.add(f"the camera {self.device} has gone" + (f": {self._problem}" if self._problem else ""))
        self._finished = True
        self.input.close()

    @property
    def finished(self) -> bool:
        """The camera is gone, or was closed."""
        return self._finished

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call: a stall, the pictures' return, the camera's end."""
        stalled = self._since.wall_ns() > self._stall
        if stalled != self._stalled and not self._finished:
            self._stalled = stalled
            text = "gives no pictures" if stalled else "gives pictures again"
            self._notices.add(f"the camera {self.device} {text}", working=not stalled)
        return self._notices.fetch()

    def close(self) -> None:
        """Stop looking. A camera that hangs is left to its thread, which ends with the process."""
        self._stop.set()
        self._thread.join(FAREWELL_S)
        self._finished = True
