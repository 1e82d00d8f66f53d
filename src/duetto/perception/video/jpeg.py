"""JPEG in and out: header checks, the small picture that perception works on, and encoding."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

MAX_PIXELS: Final = 3840 * 2160
"""The largest picture that is decoded unless told otherwise, in pixels in all."""

SMALL_WIDTH: Final = 160
SMALL_HEIGHT: Final = 90

_END_OF_IMAGE: Final = b"\xff\xd9"
_START_OF_SCAN: Final = 0xDA
# SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC): ITU-T T.81, table B.1.
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NO_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_REDUCED: Final = (
    (8, cv2.IMREAD_REDUCED_COLOR_8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
    (1, cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE),
)


class UnreadablePicture(ValueError):
    """Not a whole, decodable JPEG within the limits."""


def picture_size(jpeg: bytes, *, max_pixels: int) -> tuple[int, int]:
    """Width and height in pixels from the header (ITU-T T.81 annex B), without decoding anything.

    Raises UnreadablePicture for bytes that are no JPEG, have no end, or are larger than `max_pixels`.
    """
    size: tuple[int, int] | None = None
    if jpeg[:2] != b"\xff\xd8":
        raise UnreadablePicture("picture: not a JPEG, it does not begin with FF D8")
    at = 2
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF:
            raise UnreadablePicture(f"picture: broken JPEG header at byte {at}")
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
            continue
        if marker in _NO_LENGTH:
            at += 2
            continue
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if length < 2:
            raise UnreadablePicture(f"picture: broken JPEG header at byte {at}")
        if marker in _START_OF_FRAME and at + 9 <= len(jpeg):
            size = (
                int.from_bytes(jpeg[at + 7 : at + 9], "big"),
                int.from_bytes(jpeg[at + 5 : at + 7], "big"),
            )
        if marker == _START_OF_SCAN:
            break
        at += 2 + length
    if size is None or min(size) < 1:
        raise UnreadablePicture("picture: a JPEG without a size")
    width, height = size
    if width * height > max_pixels:
        raise UnreadablePicture(f"picture: {width}×{height} pixels, the limit is {max_pixels} in all")
    if jpeg.rfind(_END_OF_IMAGE) < at:
        raise UnreadablePicture("picture: the JPEG is cut off, it has no end")
    return size


def decode(jpeg: bytes, *, side: int, max_pixels: int, grey: bool = False) -> Picture:
    """Decode at the smallest of 1/8, 1/4, 1/2, 1/1 of its size that keeps the longer side at `side` pixels or more.

    Returns uint8, shape (h, w, 3) in BGR, or (h, w) if `grey`. A picture smaller than `side` comes as it is.
    Raises UnreadablePicture.
    """
    longer = max(picture_size(jpeg, max_pixels=max_pixels))
    colour_flag, grey_flag = next((c, g) for by, c, g in _REDUCED if by == 1 or longer >= side * by)
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), grey_flag if grey else colour_flag)
    except cv2.error as error:
        raise UnreadablePicture(f"picture: cannot be decoded ({error.err})") from error
    if picture is None:
        raise UnreadablePicture("picture: cannot be decoded")
    return np.asarray(picture, np.uint8)


def decode_small(jpeg: bytes, *, max_pixels: int) -> Picture:
    """The picture at 160×90, whatever its size and shape: uint8 BGR, shape (90, 160, 3). Raises UnreadablePicture.

    One size for all lets a camera change its resolution in mid-stream; regions and shares of the picture stay.
    """
    picture = decode(jpeg, side=SMALL_WIDTH, max_pixels=max_pixels)
    if picture.shape[:2] == (SMALL_HEIGHT, SMALL_WIDTH):
        return picture
    small = cv2.resize(picture, (SMALL_WIDTH, SMALL_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def fit(picture: Picture, max_side: int) -> Picture:
    """Scaled down so that the longer side is `max_side` pixels; smaller pictures stay as they are."""
    height, width = picture.shape[:2]
    if max(height, width) <= max_side:
        return picture
    by = max_side / max(height, width)
    size = (max(1, round(width * by)), max(1, round(height * by)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def encode(picture: Picture, quality: int) -> bytes:
    """To JPEG at `quality` (1 to 100); uint8 BGR (h, w, 3) or grey (h, w)."""
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UnreadablePicture(f"picture: cannot be encoded as JPEG, shape {picture.shape}")
    return jpeg.tobytes()
