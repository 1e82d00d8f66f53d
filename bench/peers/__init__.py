"""One system under load, each in a process of its own; these run in the peers' environments too, without duetto."""
