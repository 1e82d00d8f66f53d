from pathlib import Path

import pytest
import synthetic_conversation as synthetic

from duetto.models.model import MicroTurn
from duetto.recording.journal import Journal


@pytest.fixture(scope="session")
def micro_turns() -> list[MicroTurn]:
    return synthetic.conversation()


@pytest.fixture(scope="session")
def recorded(micro_turns: list[MicroTurn], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole conversation in a file."""
    path = tmp_path_factory.mktemp("recording") / "conversation.mcap"
    journal = Journal(path, synthetic.info())
    for micro_turn in micro_turns:
        journal.on_micro_turn(micro_turn)
    journal.close()
    return path
