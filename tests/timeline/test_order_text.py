from __future__ import annotations

import pytest

from duetto.timeline.order_text import first_read, plain, reads


@pytest.mark.parametrize(
    ("phrase", "line"),
    [
        ("failed", "Build 4711: FAILED!"),
        ("build failed", "build: failed (3 min)"),
        ("build failed", "BuildFailed"),
        ("login", "L0gIn here"),
        ("passed", "212passed,3skipped"),
        ("fox jumps", "the quick brown foxjumps"),
        ("connection refused", "ERROR: connecton refused"),
        ("connection refused", "ERROR: conmection refused"),
        ("connection refused", "ERROR: connnection refused"),
        ("exit code 10", "exit code lO"),
        ("10", "at 10:30"),
        ("cafe", "Café"),
        ("Straße", "Hauptstrasse, straße 4"),
        ("构建失败", "状态:构建失败"),
        ("失败", "构建失败"),
        ("e-mail", "New E-Mail from Anna"),
    ],
)
def test_a_phrase_stands_in_a_line(phrase: str, line: str) -> None:
    assert reads(phrase, line)


@pytest.mark.parametrize(
    ("phrase", "line"),
    [
        ("fail", "failed"),
        ("error", "errors"),
        ("connected", "disconnected"),
        ("passed", "bypassed"),
        ("deleted", "delete"),
        ("deleted", "deletes"),
        ("213 passed", "212 passed"),
        ("version 20", "version 21"),
        ("1234567", "1234867"),
        ("failed", "fa1ed"),
        ("connection refused", "conmection refuzed"),
        ("build failed", "failed build"),
        ("done", ""),
        ("", "anything"),
        ("...", "..."),
        ("a", "400 x " * 2),
    ],
)
def test_a_phrase_does_not(phrase: str, line: str) -> None:
    assert not reads(phrase, line)


def test_the_first_phrase_is_told_and_a_line_without_end_is_no_matter() -> None:
    assert first_read(("failed", "build"), "build failed") == "failed"
    assert first_read(("passing",), "build failed") is None
    assert not reads("needle", "hay " * 1_000_000 + "needle")


def test_two_readings_are_compared_without_what_reading_confuses() -> None:
    assert plain("Total: 1,204.50 EUR") == plain("total l.2O4,50EUR")
    assert plain("212 passed") != plain("213 passed")
