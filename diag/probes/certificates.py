"""Which certificates a server presents for which server name: bare TLS handshakes, over which nothing is sent."""

from __future__ import annotations

import ssl
from dataclasses import replace

from diag.model import Route
from diag.observations import Presented
from diag.wire import tls
from diag.wire.dial import Dialer, dial


def present(route: Route, variant: str, dialer: Dialer, *, deadline: float) -> Presented:
    """One handshake with the server name of the variant (`sni=NAME`, `sni=` for none), its certificate not verified.

    No request follows: whoever is at the other end learns nothing from us but the name.
    """
    trusting = replace(dialer, tls=replace(dialer.tls, insecure=True))
    dialled = dial(route.url, trusting, deadline=deadline, server_name=variant.partition("=")[2])
    if not isinstance(dialled.sock, ssl.SSLSocket):
        return Presented(route.name, variant, failure=dialled.failure)
    with dialled.sock:
        return Presented(route.name, variant, tls.chain(dialled.sock))
