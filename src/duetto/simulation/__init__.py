"""A simulated user: speaks with a synthetic voice, types, moves before a drawn camera, and reacts to what it hears.

It plugs into a session as a feeder (it fills the inputs) and an observer (it hears the voice), on either clock.
"""
