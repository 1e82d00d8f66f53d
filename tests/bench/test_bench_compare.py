"""Two runs compared: what got better and worse, which figures moved, what is in one only."""

from typing import Any

from duetto.bench.compare import Change, Moved, compare, lines


def item(name: str, *met: bool, error: str = "", voice: str = "en") -> dict[str, Any]:
    return {
        "scenario": {"about": "", "steps": [], "expect": [], "suite": "floor", "name": name},
        "trial": {"item": f"floor/{name}", "half": "dev", "voice": voice, "duration": 1, "error": error},
        "verdicts": [{"kind": "reply", "step": 0, "met": one, "why": "in time" if one else "late"} for one in met],
    }


def run(*items: dict[str, Any], joint: float | None = 0.5) -> dict[str, Any]:
    return {"items": list(items), "summary": {"dev": {"floor": {"joint": {"value": joint, "n": 2}}, "all": {"x": 1}}}}


def test_better_and_worse_are_found() -> None:
    found = compare(run(item("a", True, False), item("b", True)), run(item("a", False, True), item("b", True)))
    assert found.better == (Change("floor/a", "reply", 0, "late", "in time"),)
    assert found.worse == (Change("floor/a", "reply", 0, "in time", "late"),)
    assert found.moved == ()


def test_wrong_content_is_a_failure() -> None:
    after = item("a", True)
    after["verdicts"][0]["content"] = False
    assert len(compare(run(item("a", True)), run(after)).worse) == 1


def test_an_item_that_cannot_be_taken_any_more_is_worse() -> None:
    found = compare(run(item("a", True)), run(item("a", error="no socket")))
    assert found.worse == (Change("floor/a", "error", -1, "it was taken", "no socket"),)


def test_figures_that_moved_have_both_values() -> None:
    found = compare(run(item("a", True)), run(item("a", True), joint=None))
    assert found.moved == (Moved("dev", "floor", "joint", 0.5, None),)


def test_items_of_one_run_only_are_named() -> None:
    found = compare(run(item("a", True)), run(item("b", True)))
    assert (found.only_before, found.only_after) == (("floor/a",), ("floor/b",))
    assert found.better == found.worse == ()


def test_voices_of_one_item_are_told_apart() -> None:
    before = run(item("a", True), item("a", True, voice="de"))
    found = compare(before, run(item("a", True), item("a", False, voice="de")))
    assert [change.item for change in found.worse] == ["floor/a (de)"]


def test_lines_tell_it_all_without_control_characters() -> None:
    before = run(item("a", True), item("c", True))
    after = run(item("a", False), item("d", True), joint=0.75)
    after["items"][0]["verdicts"][0]["why"] = "late\x1b[2J"
    assert lines(compare(before, after)) == (
        "worse: 1",
        "  floor/a: reply on step 0",
        "    before: in time",
        "    after:  late [2J",
        "better: 0",
        "figures:",
        "  floor, dev: joint: 0.5 → 0.75",
        "only before: floor/c",
        "only after: floor/d",
    )
