"""Stills that clients send inside an event, as a data URI."""

from __future__ import annotations

import re
from typing import Final

import cv2
import numpy as np

from duetto.perception.video.jpeg import MAX_PIXELS, UnreadablePicture, encode, fit, picture_size
from duetto.wire.audio import BadSound, from_base64
from duetto.wire.openai_realtime.trouble import Wrong

MOST_PICTURE: Final = 8 * 2**20
"""Bytes of one picture, compressed."""
MOST_SIDE: Final = 2_048
"""A picture that is not JPEG is made one with no longer side, pixels."""
QUALITY: Final = 90

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DATA: Final = re.compile(r"data:(?P<type>image/[a-z0-9.+-]{1,32});base64,", re.IGNORECASE)


def from_data_uri(uri: str, at: str) -> bytes:
    """The picture as JPEG. Raises Wrong for what is neither JPEG nor PNG, too large, or not whole."""
    found = _DATA.match(uri)
    if found is None:
        text = f"{at}: a data URI of a JPEG or PNG in base64; nothing is fetched from elsewhere"
        raise Wrong("invalid_image_url", text, at)
    if found["type"].lower() not in ("image/jpeg", "image/jpg", "image/png"):
        raise Wrong("unsupported_image_media_type", f"{at}: JPEG or PNG (got {found['type']})", at)
    try:
        data = from_base64(uri[found.end() :], at, most=MOST_PICTURE)
    except BadSound as error:
        raise Wrong("invalid_image_url", str(error), at) from None
    try:
        if data.startswith(_PNG):
            return _from_png(data, at)
        picture_size(data, max_pixels=MAX_PIXELS)
    except UnreadablePicture as error:
        raise Wrong("invalid_image", f"{at}: {str(error).removeprefix('picture: ')}", at) from None
    return data


def _from_png(data: bytes, at: str) -> bytes:
    # Width and height stand in the header chunk (PNG, 3rd edition, 11.2.1): known before anything is unpacked.
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[12:16] != b"IHDR" or not 0 < width * height <= MAX_PIXELS:
        raise Wrong("invalid_image", f"{at}: {width}×{height} pixels, the limit is {MAX_PIXELS} in all", at)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise Wrong("invalid_image", f"{at}: a PNG that cannot be decoded", at)
    return encode(fit(np.asarray(picture, np.uint8), MOST_SIDE), QUALITY)
