"""A language model that says what it was told to: over HTTP as any client meets it, or in process with played time."""

from duetto.testing.model.double import ScriptedChat
from duetto.testing.model.script import Asked, Fault, Rule, Script
from duetto.testing.model.server import Exchange, ScriptedModel

__all__ = ["Asked", "Exchange", "Fault", "Rule", "Script", "ScriptedChat", "ScriptedModel"]
