"""The model file of Smart Turn v3.2 (`python -m` this module fetches it).

It is pipecat-ai/smart-turn's, BSD-2-Clause, and comes in the wheel `pipecat-ai`; that package itself is not needed.
"""

from __future__ import annotations

from typing import Final

from duetto.perception.wheel_files import WheelFile, WheelFiles

MODEL: Final = "smart-turn-v3.2-cpu.onnx"
FILES: Final = WheelFiles(
    wheel="pipecat-ai==1.14.0",
    kept="smart-turn",
    files={
        MODEL: WheelFile(
            f"pipecat/audio/turn/smart_turn/data/{MODEL}",
            "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
        ),
    },
)

if __name__ == "__main__":
    print(FILES.fetch())
