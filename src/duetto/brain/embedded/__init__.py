"""What duetto can do with no model at all: skills that it understands by their phrases."""

from duetto.brain.embedded.embedded import EmbeddedBrain, EmbeddedSettings, make_handler
from duetto.brain.embedded.language import language

__all__ = ["EmbeddedBrain", "EmbeddedSettings", "language", "make_handler"]
