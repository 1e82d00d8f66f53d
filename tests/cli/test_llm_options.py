from __future__ import annotations

import pytest

from duetto.assembly import Settings
from duetto.brain.chat.servers import ModelServer
from duetto.cli.llm import all_tools, load_tools, with_llm
from duetto.doctor import Diagnosis, Machine, render
from duetto.testing.model import Script, ScriptedModel

TOOLS = """
from duetto.brain.tools import tool

@tool
def look(what: str) -> str:
    "Looks."
    return what

alias = look

@tool(confirm="Really?")
def act() -> str:
    return "done"

def helper() -> None: ...
"""


def test_without_a_model_nothing_changes():
    settings = Settings()
    assert with_llm(settings, None, "", "", 0) is settings
    assert all_tools(settings, None, None, "") == ()


@pytest.mark.parametrize(
    ("llm", "model", "text"),
    [
        (None, "llama", "they go with --llm"),
        ("localhost:11434", "llama", "--llm: a URL such as"),
        ("openai", "", "--model: the name of a model is needed"),
        ("none.gguf", "", "--llm: none.gguf: there is no such file"),
        ("none.gguf", "llama", "--model, --llm-sees: they go with a server"),
    ],
)
def test_options_that_do_not_fit_are_named(llm, model, text):
    with pytest.raises(ValueError, match=text):
        with_llm(Settings(), llm, model, "", 0)
    with pytest.raises(ValueError, match="--tools, --mcp, --reasoner"):
        all_tools(Settings(), None, ["server"], "")


def test_the_only_model_of_a_server_is_taken():
    with ScriptedModel(Script(), model="one") as server:
        settings = with_llm(Settings(), server.url, "", "Be brief.", 2)
        url = server.url
    assert settings.chat is not None
    assert (settings.chat.model, settings.chat.instructions, settings.chat.pictures) == ("one", "Be brief.", 2)
    assert settings.cascade.interaction.replans and settings.recogniser.open_vocabulary
    with pytest.raises(OSError, match="cannot be reached"):
        with_llm(Settings(), url, "", "", 0)


def test_a_file_is_a_model_in_this_process(tmp_path):
    path = tmp_path / "some.gguf"
    path.touch()
    settings = with_llm(Settings(), str(path), "", "Be brief.", 0)
    assert settings.chat is not None
    assert settings.chat.in_process and settings.chat.name == "some"
    assert not settings.chat.orders and settings.chat.instructions == "Be brief."
    with pytest.raises(ValueError, match="--reasoner: it is another model of a server"):
        all_tools(settings, None, None, "wise")


def test_what_is_marked_in_a_file_is_a_tool_once(tmp_path):
    path = tmp_path / "home.py"
    path.write_text(TOOLS)
    settings = with_llm(Settings(), "http://localhost:1/v1", "some", "", 0)
    tools = all_tools(settings, path, None, "wise")
    assert [tool.name for tool in tools] == ["look", "act", "think"]
    assert [tool.spec.effects for tool in tools] == [False, True, False]
    path.write_text("x = 1")
    with pytest.raises(ValueError, match="is marked @tool"):
        load_tools(path)
    with pytest.raises(FileNotFoundError, match="--tools"):
        load_tools(tmp_path / "none.py")


def test_doctor_says_how_to_talk_to_a_server_that_is_there():
    import io

    from rich.console import Console

    def told(*servers):
        console = Console(file=io.StringIO(), width=160)
        console.print(render(Diagnosis("0", Machine("3", "x", 2, None), (), (), (), {}, servers)))
        return console.file.getvalue()

    assert "duetto talk --llm http://a/v1 --model m" in told(ModelServer("Ollama", "http://a/v1", ("m", "n")))
    assert "duetto talk --llm URL --model NAME" in told()
