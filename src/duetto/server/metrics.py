"""What a server tells Prometheus, in a registry of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from duetto.models.model import MicroTurn
from duetto.server.story import Figure
from duetto.timeline.clock import in_s

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_TICK: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.2, 0.5, 1.0)
_LATENCY: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.65, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
MOST_PARTS: Final = 32
"""Names of parts that have a line of their own; the rest are "other"."""


class Metrics:
    """Everything counted and measured. Nothing here names a client, a key or a word that was said."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._parts: set[str] = set()

        def count(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"duetto_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"duetto_{name}", text, labels, registry=self.registry)

        def spread(name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
            return Histogram(f"duetto_{name}", text, labels, registry=self.registry, buckets=tuple(buckets))

        self.sessions = gauge("sessions", "Conversations open now.", "wire")
        self.opened = count("sessions_opened", "Conversations opened.", "wire")
        self.refused = count("sessions_refused", "Conversations refused.", "wire", "why")
        self.length = spread(
            "session_seconds", "How long conversations lasted.", (1, 5, 15, 60, 300, 900, 1800, 3600), "wire"
        )
        self.connections = gauge("connections", "WebSocket connections open now.")
        self.denied = count("denied", "Requests refused before a conversation.", "why")
        self.messages = count("messages", "Messages.", "wire", "way")
        self.bytes = count("bytes", "Bytes of messages.", "wire", "way")
        self.dropped = count("dropped", "What was left out.", "what")
        self.slowed = count("slowed_seconds", "Time in which a connection above its rate was not read.", "wire")
        self.errors = count("errors", "Faults of the server's own.", "where")
        self.tick = spread("tick_seconds", "Machine time of a tick: all conversations of the process.", _TICK)
        self.late = spread("tick_late_seconds", "How late ticks began.", _TICK)
        self.turn = spread("micro_turn_seconds", "Machine time of one micro-turn of one conversation.", _TICK)
        self.turn_late = spread("micro_turn_late_seconds", "How late micro-turns of conversations began.", _TICK)
        self.waited = count("waited_seconds", "Time in which micro-turns waited for quick work.")
        self.model = count("model_seconds", "Processor time by part of the model.", "part")
        self.vision_runs = count("vision_runs", "How often each level of vision ran.", "stream", "level")
        self.vision = count(
            "vision_seconds",
            "What that cost: machine time, and of a look beside the tick media time until it was answered.",
            "stream",
            "level",
        )
        self.failures = count("failures", "Failures of parts of conversations.", "part")
        self.latency = spread(
            "latency_seconds",
            "Media time. reply: user's last sound to first sound heard. text: to first words shown. "
            "yield: user's start over duetto's voice to its silence.",
            _LATENCY,
            "kind",
        )
        self.drafts = count("drafts", "Drafts prepared before a turn had ended.", "fate")
        self.turns = count("turns", "Turns of users.")
        self.replies = count("replies", "Replies.", "how")
        self.calls = count("tool_calls", "Calls of tools.")
        self.characters = count("prompt_characters", "Characters of requests to language models.")
        self.pieces = count("model_pieces", "Pieces (about tokens) that came from language models.")

        self.questions = count("order_questions", "Questions of standing orders to language models.", "answer")
        self.pictures = count("question_pictures", "Pictures shown with questions of standing orders.")

    def way(self, wire: str, way: Literal["in", "out"]) -> tuple[Counter, Counter]:
        """The counters of messages and of their bytes."""
        return self.messages.labels(wire, way), self.bytes.labels(wire, way)

    def figures(self, figures: Iterable[Figure]) -> None:
        """What a story has told."""
        for figure in figures:
            match figure.name.split(" "):
                case ["reply" | "yield" | "text" as kind]:
                    self.latency.labels(kind).observe(figure.value)
                case ["draft", fate]:
                    self.drafts.labels(fate).inc()
                case ["reply", how]:
                    self.replies.labels(how).inc()
                case ["turn"]:
                    self.turns.inc()
                case ["call"]:
                    self.calls.inc()
                case ["failure"]:
                    self.failures.labels(self._part(figure.part)).inc()
                case ["question", answer]:
                    self.questions.labels(answer).inc()
                case ["pictures"]:
                    self.pictures.inc(figure.value)
                case ["prompt"]:
                    self.characters.inc(figure.value)
                case ["pieces"]:
                    self.pieces.inc(figure.value)

    def micro_turn(self, micro_turn: MicroTurn) -> None:
        """What a micro-turn of one conversation cost."""
        timing = micro_turn.timing
        self.turn.observe(in_s(timing.compute))
        self.turn_late.observe(in_s(timing.late))
        if timing.waited:
            self.waited.inc(in_s(timing.waited))
        for part, cost in timing.parts.items():
            self.model.labels(self._part(part)).inc(in_s(cost))
        for sight, (ran, took) in timing.sights.items():
            stream, _, level = sight.partition(" ")
            self.vision_runs.labels(stream, level).inc(ran)
            self.vision.labels(stream, level).inc(in_s(took))

    def ticked(self, late: int, took: int) -> None:
        """A tick of the engine: ns late, ns of machine time."""
        self.late.observe(in_s(late))
        self.tick.observe(in_s(took))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _part(self, name: str) -> str:
        if name not in self._parts:
            if len(self._parts) >= MOST_PARTS:
                return "other"
            self._parts.add(name)
        return name
