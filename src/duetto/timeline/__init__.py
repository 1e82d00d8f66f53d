"""The data: media time, streams, increments, and what flows between the parts. Imports nothing else of duetto."""
