"""Model files taken out of a wheel: the known ones, and no others."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from duetto.perception.audio.smart_turn_files import FILES as SMART_TURN
from duetto.perception.video.pose_files import FILES as POSE
from duetto.perception.wheel_files import WheelFile, WheelFiles

FILES = WheelFiles(
    "model==1", "kept", {"model.onnx": WheelFile("pkg/model.onnx", hashlib.sha256(b"model").hexdigest())}
)


def wheel(tmp_path, **content):
    path = tmp_path / "model-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(f"pkg/{name}.onnx", data)
    return path


def test_the_known_file_is_taken_and_found(tmp_path):
    place = tmp_path / "here"
    assert FILES.find(str(place)) is None
    FILES.take(wheel(tmp_path, model=b"model", other=b"x"), place)
    assert FILES.find(str(place)) == place and [p.name for p in place.iterdir()] == ["model.onnx"]
    assert (place / "model.onnx").read_bytes() == b"model"


@pytest.mark.parametrize(("content", "says"), [({"other": b"x"}, "has no"), ({"model": b"y"}, "is not the file")])
def test_a_wheel_with_another_file_or_none_leaves_nothing(tmp_path, content, says):
    with pytest.raises(RuntimeError, match=says):
        FILES.take(wheel(tmp_path, **content), tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_each_has_a_folder_of_its_own_in_the_user_s_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert {SMART_TURN.folder, POSE.folder} == {tmp_path / "duetto" / "smart-turn", tmp_path / "duetto" / "pose"}
