"""No connection came about, for want of something on this machine: the target has no part in it."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import NO_SERVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="local-descriptors-exhausted",
        severity=Severity.ERROR,
        layer="tcp",
        title="This machine has no file descriptors left",
        explanation=(
            "Every socket is a file descriptor, and the process that connects (or the whole machine) has as many open "
            "as it may have. The target was not even asked."
        ),
        recognised=(
            "Making a socket fails with EMFILE or ENFILE. Told apart from tcp-refused and tcp-timeout, which the other "
            "side causes, and from local-ports-exhausted."
        ),
        fix=Fix(
            "Raise the limit where the connections are made, or share them among more processes.",
            (
                snippet("Shell (this shell and what it starts)", "ulimit -n 65536"),
                snippet("Shell (a load run in several processes)", "wsdiag load --processes 4"),
                snippet("Docker (shell)", "docker run --ulimit nofile=65536:65536 app"),
                snippet("Shell (a service of systemd's)", "systemctl edit app  # [Service] LimitNOFILE=65536"),
            ),
        ),
        sources=("socket(2), section ERRORS", "getrlimit(2), RLIMIT_NOFILE"),
        explains=NO_SERVER,
    ),
    Entry(
        code="local-ports-exhausted",
        severity=Severity.ERROR,
        layer="tcp",
        title="This machine has no ports left for this address",
        explanation=(
            "Each connection to one address and port needs a local port of its own, and Linux has some 28,000 for "
            "that. Open connections use them, and closed ones for another minute (TIME_WAIT). The target was not even "
            "asked."
        ),
        recognised=(
            "connect fails at once with EADDRNOTAVAIL for an IPv4 address, or for an IPv6 address that has been "
            "reached before. Told apart from tcp-refused, where the host answers, and from "
            "local-descriptors-exhausted."
        ),
        fix=Fix(
            "Widen the range of local ports, or load from several machines or addresses.",
            (
                snippet("Shell (as root)", 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"'),
                snippet("Shell (what uses them)", "ss -tan state time-wait | wc -l"),
            ),
        ),
        sources=("connect(2), section ERRORS", "ip(7), ip_local_port_range", "RFC 9293, section 3.6.1 (TIME-WAIT)"),
        explains=NO_SERVER,
    ),
)
