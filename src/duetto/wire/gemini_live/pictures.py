"""Pictures that clients send, JPEG or PNG, checked before they are decoded."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import MAX_PIXELS, UnreadablePicture, picture_size
from duetto.wire.gemini_live.fault import Malformed

MOST_PICTURE: Final = 4 * 1024 * 1024
"""Bytes of one picture, compressed."""
QUALITY: Final = 90
"""Of the JPEG that a PNG is kept as."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = 24  # the signature, and the chunk IHDR as far as width and height: PNG specification, 11.2.2


def check_type(mime: str, field: str) -> None:
    """Raises Malformed for a media type that is neither JPEG's nor PNG's."""
    if mime.partition(";")[0].strip().lower() not in ("image/jpeg", "image/jpg", "image/png"):
        raise Malformed(field, f"image/jpeg or image/png is needed (got {mime[:40]!r})")


def picture(data: bytes, field: str) -> bytes | NDArray[Any]:
    """A JPEG as it is, a PNG as uint8 BGR (h, w, 3). Raises Malformed for anything else and beyond the limits."""
    if len(data) > MOST_PICTURE:
        raise Malformed(field, f"{len(data)} bytes, the limit is {MOST_PICTURE}")
    if data[:8] == _PNG:
        return _png(data, field)
    try:
        picture_size(data, max_pixels=MAX_PIXELS)
    except UnreadablePicture as error:
        raise Malformed(field, str(error).removeprefix("picture: ")) from None
    return data


def jpeg(data: bytes, field: str) -> bytes:
    """The picture as JPEG. Raises Malformed."""
    found = picture(data, field)
    if isinstance(found, bytes):
        return found
    done, made = cv2.imencode(".jpg", found, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise Malformed(field, "the picture cannot be kept")
    return bytes(made)


def _png(data: bytes, field: str) -> NDArray[Any]:
    if len(data) < _HEADER or data[12:16] != b"IHDR":
        raise Malformed(field, "a PNG without a size")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if not 0 < width * height <= MAX_PIXELS:  # known from the header, before anything is unpacked
        raise Malformed(field, f"{width}×{height} pixels, the limit is {MAX_PIXELS} in all")
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        found = None
    if found is None:
        raise Malformed(field, "a PNG that cannot be decoded")
    return found
