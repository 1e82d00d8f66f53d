"""Many conversations on one tick: `Engine` seats them, gathers their slices, and runs each model once for all."""

from duetto.engine.engine import Engine, EngineSettings
from duetto.engine.opening import Opening, Refused

__all__ = ["Engine", "EngineSettings", "Opening", "Refused"]
