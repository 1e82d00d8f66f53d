"""How the chat brain is set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from duetto.timeline.clock import s


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Which model, and how it is asked. A key is never in the settings, for they are in every recording."""

    model: str = ""
    """The model's name, as its server knows it; or, without a `url`, the path of a GGUF file (….gguf), which is run in
    this process."""
    url: str = ""
    """Base URL of an OpenAI-compatible server, such as "http://localhost:11434/v1"; empty for OPENAI_BASE_URL, and
    where that is not set for OpenAI itself."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. Local servers mostly want none."""
    instructions: str = ""
    """Who duetto is to be, and what for: comes first in what the model is told."""
    temperature: float | None = None
    """Sampling temperature; None for the server's own."""
    most_tokens: int = 400
    """Tokens of one answer at most."""
    pictures: int = 0
    """Pictures of camera and screen that the model is shown with each request, the newest; 0 for a model that does
    not see."""
    characters: int = 16_000
    """Characters of conversation that the model is told at most (about a quarter as many tokens). Beyond it the older
    half goes at once, so that between such cuts servers' prefix caches hit."""
    context_tokens: int = 8192
    """Tokens that a model in this process has room for, its answer among them; each costs memory."""
    connect_s: float = 3.0
    """Seconds within which a connection must stand."""
    first_s: float = 6.0
    """Seconds within which the first piece of an answer must come."""
    between_s: float = 4.0
    """Seconds within which each further piece must come."""
    retries: int = 1
    """How often a request is made again after trouble that may pass."""
    longest_wait_s: float = 2.0
    """Longest that a busy server's "try again in …" is obeyed; beyond it the user is told."""
    filler_after: int = s(1.5)
    """ns after which a reply that has not begun is announced with a short word, once."""
    orders: bool = True
    """The model can give standing orders and end them, as the user asks for it: it has two tools for that, of about
    1,700 tokens. Of a server that takes no tools it is asked without."""
    drafts: bool = True
    """Ask for an answer before the turn has ended, on words that seem whole: the first token is there sooner, and some
    answers are wasted."""
    first_words: int = 2
    """Words of an answer from which on it is spoken, before its first clause is whole, if the model writes faster than
    people speak; 0: with the first whole clause, whose melody is better then."""
    draft_stable: int = 0
    """For how long (ns) partial words must stand before a draft is asked for. 0: a recogniser that shows a word is
    mostly right about it, and a request that proves wrong is cancelled; waiting 120 ms cost 60 ms of every reply, and
    saved 5 in 100 tokens (`duetto bench run --with-model`)."""

    def __post_init__(self) -> None:
        for name, least, most in (
            ("most_tokens", 1, 100_000),
            ("pictures", 0, 16),
            ("first_words", 0, 16),
            ("characters", 500, 10_000_000),
            ("context_tokens", 512, 10_000_000),
            ("connect_s", 0.01, 600.0),
            ("first_s", 0.01, 600.0),
            ("between_s", 0.01, 600.0),
            ("retries", 0, 10),
            ("longest_wait_s", 0.0, 60.0),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name}: from {least:g} to {most:g} (got {value:g})")

    @property
    def in_process(self) -> bool:
        """The model is a file, and runs in this process."""
        return not self.url and self.model.endswith(".gguf")

    @property
    def name(self) -> str:
        """What the model is called: of a file, its name without the ending."""
        return Path(self.model).stem if self.in_process else self.model
