"""What the fork server loads before it forks: importing this module loads the models of the default settings."""

from __future__ import annotations

from duetto.assembly import Settings
from duetto.bench.targets.duetto import warm

warm(Settings())
