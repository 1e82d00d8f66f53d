"""The recording is the truth: journal, reader, replay, trace and the timeline picture of a session."""
