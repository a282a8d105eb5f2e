"""Name resolution and TCP: no connection came about."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_SERVER
from diag.catalogue._snippets import LISTENERS, SAME_ORIGIN_URL, snippet, vite_proxy
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="dns-name-not-resolved",
        severity=Severity.ERROR,
        layer="dns",
        title="The host name does not resolve",
        explanation=(
            "The resolver knows no address for the URL's host. A frequent cause is a container service name such as "
            "backend in a URL that the browser opens: those names exist inside the container network only."
        ),
        recognised=(
            "No A and no AAAA record, or NXDOMAIN. Told apart from tcp-refused and tcp-timeout, which need an address."
        ),
        fix=Fix(
            "Use a host name that resolves where the browser runs.",
            (
                snippet(
                    ".env.development (public name, not the container's service name)",
                    "VITE_WS_BASE_URL=ws://{page_host}",
                ),
                SAME_ORIGIN_URL,
                snippet("Shell (check the name)", "getent ahosts {host}"),
            ),
        ),
        sources=(
            "RFC 2308, section 2.1 (NXDOMAIN)",
            "mikesvoboda/nemotron-v3-home-security-intelligence#796",
            "measured: Chromium 156",
        ),
        browser=browser.console("net::ERR_NAME_NOT_RESOLVED"),
        explains=NO_SERVER,
    ),
    Entry(
        code="tcp-refused",
        severity=Severity.ERROR,
        layer="tcp",
        title="Nothing listens on this port",
        explanation=(
            "The host answered the connection attempt with a refusal on every one of its addresses: no process "
            "listens on that port there. The service is not started, listens on another port, or is bound to another "
            "address, such as 127.0.0.1 inside a container."
        ),
        recognised=(
            "Connection refused at once on every address of the name. Told apart from tcp-timeout (no answer at all) "
            "and from tcp-loopback-family-mismatch (one of 127.0.0.1 and ::1 accepts)."
        ),
        fix=Fix(
            "Start the service, or correct its port and bind address.",
            (
                LISTENERS,
                snippet("uvicorn (shell)", "uvicorn app:app --host 0.0.0.0 --port 3000"),
                snippet(
                    "compose.yaml (publish the port)",
                    """
                    services:
                      backend:
                        ports:
                          - "3000:3000"
                    """,
                ),
            ),
        ),
        sources=("RFC 9293, section 3.5.2 (reset generation)", "measured: Chromium 156"),
        browser=browser.console("net::ERR_CONNECTION_REFUSED"),
        explains=NO_SERVER,
    ),
    Entry(
        code="tcp-loopback-family-mismatch",
        severity=Severity.ERROR,
        layer="tcp",
        title="localhost means IPv6 here and IPv4 there",
        explanation=(
            "The service listens on only one of 127.0.0.1 and ::1, and something that says localhost tries the other. "
            "A proxy with localhost as its target fails while a direct connection by address works. Node 20 and later "
            "try both families, so the advice about Node and localhost is often out of date."
        ),
        recognised=(
            "One loopback family accepts and the other refuses, and a route by name fails that works by address. Told "
            "apart from tcp-refused by the family that accepts."
        ),
        fix=Fix(
            "Name the address that the service listens on, or bind both families.",
            (
                vite_proxy("target: 'ws://127.0.0.1:3000', ws: true"),
                snippet(
                    "nginx",
                    """
                    # in the http block
                    upstream app {
                        server 127.0.0.1:3000;  # or [::1]:3000; not localhost
                    }
                    """,
                ),
                snippet("Node (both families)", "server.listen(3000, '::')"),
                snippet("Shell (which family listens)", "ss -ltn 'sport = :3000'"),
            ),
        ),
        sources=(
            "RFC 6724, section 6",
            "gravitational/teleport#31131",
            "activepieces/activepieces#5459",
            "vitejs/vite#23312",
        ),
        browser=browser.console("net::ERR_CONNECTION_REFUSED"),
        explains=(
            *NO_SERVER,
            "tcp-refused",
            "vite-proxy-target-down",
            "gateway-upstream-refused",
            "gateway-no-backend",
            "rest-unhealthy",
            "cors-missing-on-errors",
        ),
    ),
    Entry(
        code="tcp-timeout",
        severity=Severity.ERROR,
        layer="tcp",
        title="The connection attempt gets no answer",
        explanation=(
            "Neither an acceptance nor a refusal came back. As a rule a firewall or security group drops the packets, "
            "or the address is not reachable from this network."
        ),
        recognised=(
            "No SYN-ACK and no RST until the deadline. Told apart from tcp-refused, which is immediate, and from "
            "backend-hang, where TCP connects and HTTP stays silent."
        ),
        fix=Fix(
            "Open the port in the firewall or security group, or use an address that this network can reach.",
            (
                snippet("Linux nftables (shell)", "nft add rule inet filter input tcp dport 3000 accept"),
                snippet(
                    "AWS security group (shell)",
                    """
                    aws ec2 authorize-security-group-ingress --group-id "$GROUP_ID" \\
                      --protocol tcp --port 443 --cidr 0.0.0.0/0
                    """,
                ),
            ),
        ),
        sources=("RFC 9293, section 3.8.3 (connection failures)",),
        browser=browser.console("net::ERR_CONNECTION_TIMED_OUT"),
        explains=NO_SERVER,
    ),
)
