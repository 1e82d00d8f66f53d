"""A running session in the terminal: live lanes where there is a terminal, plain lines where there is none."""
