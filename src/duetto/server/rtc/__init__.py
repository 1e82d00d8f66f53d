"""WebRTC for the server, behind an interface: `peer` says what one is, `aiortc_peer` makes one, `memory` pretends."""
