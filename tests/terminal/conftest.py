"""The conversation that the terminal's tests look at."""

from __future__ import annotations

import pytest
from terminal_script import conversation


@pytest.fixture
def micro_turns():
    return list(conversation())
