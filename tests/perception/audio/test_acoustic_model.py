"""The acoustic model that pocketsphinx is given: the wheel's Gaussians, and those adapted to synthetic voices."""

from __future__ import annotations

import lzma
import struct
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

from duetto.perception.audio.recognisers import acoustic
from duetto.perception.audio.recognisers.acoustic import HALF, acoustics, write_both

WHEEL = Path(pocketsphinx.get_model_path("en-us/en-us"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_both(path)
    return path


def parameters(path: Path) -> np.ndarray:
    data = path.read_bytes()
    start = data.index(b"endhdr\n") + 7
    magic, phones, streams, densities = struct.unpack_from("<IIII", data, start)
    assert (magic, phones, streams, densities) == (0x11223344, 42, 3, 256)
    return np.frombuffer(data, "<f4", offset=start + 4 * 8).reshape(42, 3, 256, 13)


def test_every_gaussian_is_there_as_it_was_and_moved(folder: Path) -> None:
    model = acoustics()
    means, variances = parameters(folder / "means"), parameters(folder / "variances")
    assert np.array_equal(means[:, :, :128], model.means)
    assert np.allclose(variances[:, :, :128], 1 / model.precisions)
    steps = (means[:, :, 128:] - model.means) * np.sqrt(model.precisions)
    assert 0.05 < np.abs(steps).mean() < 1, "in deviations"
    assert np.abs(steps).max() < 7
    assert (variances > 0).all()


def test_each_has_half_of_the_weight(folder: Path) -> None:
    wheel, both = (WHEEL / "sendump").read_bytes(), (folder / "sendump").read_bytes()
    before = np.frombuffer(wheel[-3 * 128 * 5126 :], np.uint8).reshape(3, 128, 5126)
    after = np.frombuffer(both[-3 * 256 * 5126 :], np.uint8).reshape(3, 2, 128, 5126)
    assert (after == before[:, None] + HALF).all()
    assert HALF * acoustic.LOG_STEP == pytest.approx(np.log(2), abs=acoustic.LOG_STEP / 2)


def test_an_adaptation_of_another_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.xz"
    other.write_bytes(lzma.compress(bytes(100)))
    monkeypatch.setattr(acoustic, "ADAPTED", other)
    with pytest.raises(ValueError, match=r"other\.xz: not for this model"):
        write_both(tmp_path)
