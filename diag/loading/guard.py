"""Load goes only where it was asked to go: to this machine, or to hosts that somebody has named. Pure.

A thousand users on somebody else's server are an attack, and a forgotten `wsdiag.yaml` is all it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from diag.config.errors import ConfigError
from diag.model import ApiRequest, Target
from diag.urls import host_and_port


def strangers(target: Target, polls: Iterable[ApiRequest], allowed: Iterable[str]) -> tuple[str, ...]:
    """The hosts that these users would load, that are not this machine and that nobody has allowed.

    A name is taken for what `resolve` makes of it; only `localhost` needs no address to be this machine (RFC 6761,
    section 6.3). Nothing is looked up: what a name server says tomorrow must not decide who is loaded.
    """
    addresses = {host.lower(): address for host, address in target.resolve}
    named = {_bare(host) for host in allowed}
    hosts = dict.fromkeys(_bare(host_and_port(url)[0]) for url in (target.url, *(poll.url for poll in polls)))
    return tuple(
        host
        for host in hosts
        if host not in named and addresses.get(host) not in named and not _is_loopback(addresses.get(host, host))
    )


def listed(load: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts of `load: {allow: [...]}` in wsdiag.yaml; ConfigError when it is no list of names."""
    hosts = load.get("allow") or []
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise ConfigError("wsdiag.yaml: load.allow must be a list of host names")
    return tuple(hosts)


def refusal(hosts: tuple[str, ...], option: str = "--yes-load") -> str:
    """The line that says why there is no run, and how to have it."""
    flags = " ".join(f"{option} {host}" for host in hosts)
    listed = ", ".join(hosts)
    return (
        f"wsdiag: {listed} is not this machine: say {flags}, or load: {{allow: [{listed}]}} in wsdiag.yaml, "
        "if you may put it under load"
    )


def _bare(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
