"""Real-time AI that listens, watches, reads and speaks at the same time.

`duetto.Client` talks to a server; `duetto.tool` makes a tool of a function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from duetto.brain.tools import tool
    from duetto.client import Client

__all__ = ["Client", "tool"]

_WHERE: Final = {"Client": "duetto.client", "tool": "duetto.brain.tools"}


def __getattr__(name: str) -> Any:
    """What is exported is loaded when it is first asked for: `import duetto` alone costs nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module 'duetto' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
