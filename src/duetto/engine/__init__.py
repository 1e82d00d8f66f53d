"""Many conversations on one tick: `Engine` seats them, gathers their slices, and runs each model once for all."""

from duetto.engine.engine import Engine, EngineSettings
from duetto.engine.opening import Opening, Refused
from duetto.engine.staff import SharedStaff

__all__ = ["Engine", "EngineSettings", "Opening", "Refused", "SharedStaff"]
