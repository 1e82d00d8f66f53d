"""pocketsphinx's American English acoustic model by itself: how well a frame of sound fits a part of a phone; and as
pocketsphinx is given it, for human and for synthetic voices.

A phonetically tied mixture: for each of 42 phones 128 Gaussians in each of three streams (cepstrum, its first and
second differences), and for each part of a phone in its context a weight for every one of them. Files as SphinxTrain
writes them; the folder is the one in pocketsphinx's wheel.
"""

from __future__ import annotations

import lzma
import math
import shutil
import struct
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STREAMS: Final = 3
WIDTH: Final = 13
"""Coefficients of each stream."""
PARTS: Final = 3
"""Parts of a phone, each a state: its beginning, middle and end."""
LOG_STEP: Final = 1024 * float(np.log(1.0001))
"""What a step of the stored weights is worth: they are 8-bit negative logarithms."""
DENSITIES: Final = 128
"""Gaussians of a phone in a stream. pocketsphinx takes up to 256."""
HALF: Final = round(math.log(2) / LOG_STEP)
"""Steps by which a weight is halved."""
LEAST_VARIANCE: Final = 1e-4
ADAPTED: Final = Path(__file__).parent / "adapted.xz"
"""By how much means and variances are moved for synthetic voices, written by `tools/adapt_acoustics.py`."""
MEAN_STEP: Final = 0.05
"""Of an 8-bit step of a mean, in deviations. The ends are at 6.3."""
VARIANCE_STEP: Final = 0.02
"""Of an 8-bit step of a variance's logarithm."""
INSIDE, BEGIN, END, SINGLE = range(4)
"""Where in its word a phone stands."""


@dataclass(frozen=True, slots=True)
class Acoustics:
    """phones: names, in order of number. means, precisions: float32 (phones, 3, 128, 13). offsets: (phones, 3, 128),
    each density's logarithm at its mean. weights: float32 (senones, 3, 128), each sums to 1. whole: by phone number,
    the senones of its three parts without context. inside: the same by (phone, left, right, place in its word).
    """

    phones: tuple[str, ...]
    means: Floats
    precisions: Floats
    offsets: Floats
    weights: Floats
    whole: NDArray[np.uint16]
    inside: dict[tuple[int, int, int, int], NDArray[np.uint16]]

    def number(self, phone: str) -> int:
        """Of a phone by name. Raises ValueError for none."""
        return self.phones.index(phone)

    def mixtures(self, phone: int, left: int | None, right: int | None, place: int) -> Floats:
        """Weights of a phone's three parts, float32 (3, 3, 128). left, right None: the mean over what may be there."""
        if left is not None and right is not None:
            known = self.inside.get((phone, left, right, place))
            found = [] if known is None else [known]
        else:
            every = range(len(self.phones))
            pairs = (
                (a, b) for a in (every if left is None else (left,)) for b in (every if right is None else (right,))
            )
            found = [self.inside[key] for a, b in pairs if (key := (phone, a, b, place)) in self.inside]
        if not found:
            found = [self.whole[phone]]
        weights: Floats = np.mean([self.weights[senones] for senones in found], axis=0, dtype=np.float32)
        return weights


@cache
def acoustics(folder: str = "") -> Acoustics:
    """The model in a folder, "" for the wheel's. Read once. Raises OSError or ValueError if it cannot be."""
    path = _folder(folder)
    phones, whole, inside, senones = _read_definitions(path / "mdef")
    means, precisions = _read_gaussians(path)
    weights = _read_weights(path / "sendump", senones)
    return Acoustics(phones, means, precisions, _offsets(precisions), weights, whole, inside)


@cache
def adapted() -> Acoustics:
    """The wheel's model moved towards synthetic voices. Raises OSError or ValueError for no such file."""
    original = acoustics()
    means, precisions = _moved(original.means, original.precisions)
    return replace(original, means=means, precisions=precisions, offsets=_offsets(precisions))


def write_both(folder: Path) -> None:
    """A model for pocketsphinx that hears human and synthetic voices: each Gaussian as it is and as it is adapted, with
    half of its weight each. Raises OSError or ValueError if it cannot be made.

    With the adapted ones alone, words of people that were right before came out wrong.
    """
    path = _folder()
    for name in ("mdef", "transition_matrices", "noisedict", "feat.params"):
        shutil.copyfile(path / name, folder / name)
    means, precisions = _read_gaussians(path)
    moved = _moved(means, precisions)
    _write_parameters(folder / "means", np.concatenate([means, moved[0]], axis=2))
    variances = (1 / np.concatenate([precisions, moved[1]], axis=2)).astype(np.float32)
    _write_parameters(folder / "variances", variances)
    data = (path / "sendump").read_bytes()
    first, _, senones = _weights_at(data)
    steps = np.frombuffer(data, np.uint8, STREAMS * DENSITIES * senones, first).reshape(STREAMS, DENSITIES, senones)
    halves = np.minimum(steps, 255 - HALF) + np.uint8(HALF)
    shape = struct.pack("<ii", 2 * DENSITIES, senones)
    (folder / "sendump").write_bytes(data[: first - len(shape)] + shape + np.concatenate([halves, halves], 1).tobytes())


def write(moved: Acoustics, original: Acoustics) -> None:
    """Keep what an adaptation has found, for `adapted`."""
    means = (moved.means - original.means) * np.sqrt(original.precisions) / MEAN_STEP
    variances = -np.log(moved.precisions / original.precisions) / VARIANCE_STEP
    steps = np.clip(np.rint(np.stack([means, variances])), -127, 127).astype(np.int8)
    ADAPTED.write_bytes(lzma.compress(steps.tobytes(), preset=9 | lzma.PRESET_EXTREME))


def _folder(name: str = "") -> Path:
    return Path(name or pocketsphinx.get_model_path("en-us/en-us"))


def _offsets(precisions: Floats) -> Floats:
    offsets: Floats = 0.5 * np.log(precisions / (2 * np.pi)).sum(axis=-1)
    return offsets


def _moved(means: Floats, precisions: Floats) -> tuple[Floats, Floats]:
    """Means and precisions as they are adapted."""
    steps = np.frombuffer(lzma.decompress(ADAPTED.read_bytes()), np.int8)
    if len(steps) != 2 * means.size:
        raise ValueError(f"{ADAPTED}: not for this model")
    by, wider = steps.reshape(2, *means.shape).astype(np.float32)
    return means + by * MEAN_STEP / np.sqrt(precisions), precisions * np.exp(-wider * VARIANCE_STEP)


def _read_gaussians(path: Path) -> tuple[Floats, Floats]:
    """Means and precisions: float32 (phones, 3, 128, 13)."""
    means, variances = (_read_parameters(path / name) for name in ("means", "variances"))
    return means, (1 / np.maximum(variances, LEAST_VARIANCE)).astype(np.float32)


def _read_parameters(path: Path) -> Floats:
    data = path.read_bytes()
    start = data.index(b"endhdr\n") + len(b"endhdr\n")
    magic, phones, streams, densities = struct.unpack_from("<IIII", data, start)
    if magic != 0x11223344 or (streams, densities) != (STREAMS, DENSITIES):
        raise ValueError(f"{path}: not a phonetically tied model of {STREAMS} streams with {DENSITIES} densities")
    shape = (phones, STREAMS, DENSITIES, WIDTH)
    first = start + 4 * (4 + streams + 1)
    return np.frombuffer(data, "<f4", math.prod(shape), first).reshape(shape).astype(np.float32)


def _write_parameters(path: Path, values: Floats) -> None:
    phones, streams, densities, width = values.shape
    sizes = struct.pack("<IIII", 0x11223344, phones, streams, densities)
    sizes += struct.pack(f"<{streams + 1}I", *(width,) * streams, values.size)
    path.write_bytes(b"s3\nversion 1.0\nendhdr\n" + sizes + values.astype("<f4").tobytes())


def _weights_at(data: bytes) -> tuple[int, int, int]:
    """Of a file of weights: where they begin, and how many densities and parts they are for."""
    at = 0
    while size := struct.unpack_from("<i", data, at)[0]:
        at += 4 + size
    rows, columns = struct.unpack_from("<ii", data, at + 4)
    return at + 12, rows, columns


def _read_weights(path: Path, senones: int) -> Floats:
    data = path.read_bytes()
    first, rows, columns = _weights_at(data)
    if (rows, columns) != (DENSITIES, senones):
        raise ValueError(f"{path}: weights of {columns} parts and {rows} densities (wanted {senones} and {DENSITIES})")
    steps = np.frombuffer(data, np.uint8, STREAMS * rows * columns, first).reshape(STREAMS, rows, columns)
    weights = np.exp(-LOG_STEP * steps.transpose(2, 0, 1).astype(np.float32))
    return np.ascontiguousarray(weights / weights.sum(axis=-1, keepdims=True))


def _read_definitions(
    path: Path,
) -> tuple[tuple[str, ...], NDArray[np.uint16], dict[tuple[int, int, int, int], NDArray[np.uint16]], int]:
    data = path.read_bytes()
    if data[:4] != b"BMDF":
        raise ValueError(f"{path}: not a binary model definition")
    at = 12 + struct.unpack_from("<i", data, 8)[0]
    own, every, states, _, senones, _, sequences, _, tree, _ = struct.unpack_from("<10i", data, at)
    start = at = at + 40
    names: list[str] = []
    for _ in range(own):
        end = data.index(b"\0", at)
        names.append(data[at:end].decode())
        at = end + 1
    at += -(at - start) % 4 + 8 * tree
    kind = np.dtype([("sequence", "<i4"), ("matrix", "<i4"), ("place", "u1"), ("phones", "u1", 3)])
    entries = np.frombuffer(data, kind, every, at)
    at += kind.itemsize * every + 4
    parts = np.frombuffer(data, "<u2", sequences * states, at).reshape(sequences, states)
    in_context = entries[own:]
    keys = zip(
        *(in_context["phones"][:, place].tolist() for place in range(3)), in_context["place"].tolist(), strict=True
    )
    inside = dict(zip(keys, parts[in_context["sequence"]], strict=True))
    return tuple(names), parts[entries["sequence"][:own]], inside, senones
