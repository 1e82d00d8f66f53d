"""The demo: a live conversation with a simulated user that no system which waits for turns can hold."""
