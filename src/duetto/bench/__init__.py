"""`duetto bench`: intelligence and responsiveness measured together, on any real-time system."""
