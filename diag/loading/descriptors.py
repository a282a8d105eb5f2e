"""Every socket is a file descriptor, and a process may have so many: told before the run, not by its failures."""

from __future__ import annotations

import resource

OWN = 96
"""What Locust itself has open, with its workers' sockets and its web UI."""


def needed(users: int, processes: int, sockets_per_user: int) -> int:
    """Descriptors that the fullest process needs."""
    return -(-users // max(processes, 1)) * sockets_per_user + OWN


def shortage(wanted: int) -> str | None:
    """Raises the soft limit of this process, and so of its children, as far as it must; what is wrong if it cannot."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or wanted <= soft:
        return None
    if hard != unlimited and wanted > hard:
        return f"needs {wanted} file descriptors and may have {hard}; raise the limit (ulimit -n {wanted}, as root)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return None
