"""Slow work beside the tick: handlers in threads and processes, and the crew that brings their results back in time."""
