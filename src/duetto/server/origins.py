"""Which pages and which names a request may come from and by: browsers send what any page tells them to.

Same origin, or an origin that is listed: else a page on the web could talk to a server on its reader's own machine. On
an open server the `Host` must be a name of this machine too, for a page's own name may be made to point here (DNS
rebinding), and would then be the same origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from duetto.server.settings import is_loopback


@dataclass(frozen=True, slots=True)
class Origins:
    """listed: origins allowed beside the server's own, "*" for all. names: host names of this server; checks_host: a
    request that asks for another one is refused.
    """

    listed: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    checks_host: bool = False

    def host_problem(self, host: str | None) -> str | None:
        """Why a request for this host is refused, None if it is not."""
        if not self.checks_host or not host:
            return None
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            name = ""
        if is_loopback(name) or name in self.names:
            return None
        return (
            f"this server is open to its own machine only, and is not {name[:100]!r}: "
            "use localhost, or start it with API keys"
        )

    def origin_problem(self, origin: str | None, host: str | None) -> str | None:
        """Why a request from a page of this origin is refused, None if it is not. Other programs send no origin."""
        if origin is None or "*" in self.listed or origin in self.listed:
            return None
        if host and origin.partition("://")[2].lower() == host.lower():
            return None
        return f"pages of {origin[:200]} may not use this server: start it with --origins {origin[:200]}"
