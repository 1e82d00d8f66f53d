"""Public protocols as thin adapters of one conversation: messages to streams and commands, micro-turns to messages."""
