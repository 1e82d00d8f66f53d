"""Doubles for every seam, public: a user tests conversations with them, deterministically and without devices."""
