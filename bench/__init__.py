"""Measurements of duetto on the machine at hand: `python -m bench`, or `make bench`."""
