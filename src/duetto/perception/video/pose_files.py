"""The model files of the pose finder (`python -m` this module fetches them).

They are BlazePose's, Apache-2.0, and come in the wheel `mediapipe` 0.10.21; that package itself is not needed.
"""

from __future__ import annotations

from typing import Final

from duetto.perception.wheel_files import WheelFile, WheelFiles

DETECTOR: Final = "pose_detection.tflite"
LANDMARKS: Final = "pose_landmark_full.tflite"
FILES: Final = WheelFiles(
    wheel="mediapipe==0.10.21",
    kept="pose",
    files={
        DETECTOR: WheelFile(
            "mediapipe/modules/pose_detection/pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ),
        LANDMARKS: WheelFile(
            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
    },
)

if __name__ == "__main__":
    print(FILES.fetch())
