"""`duetto serve`: one ASGI application for every wire, over WebSocket and WebRTC, and the page of the studio."""
