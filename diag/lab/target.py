"""The lab as a target: what the page does, in the words of `diag.model`, and as a command line."""

from __future__ import annotations

import shlex
from dataclasses import replace

from diag.lab.config import Origins, PageConfig
from diag.model import ApiRequest, Route, Target

CUSTOM_HEADER = ("X-Requested-With", "XMLHttpRequest")


def target(page: PageConfig, origins: Origins) -> Target:
    """Both routes, the REST requests of the fallback, and one across origins that needs a preflight and cookies."""
    routes = {"proxy": _socket_url(origins.proxy), "direct": _socket_url(origins.backend)}
    health, bots = (ApiRequest(f"{origins.proxy}{path}") for path in ("/api/health", "/api/bots"))
    across = ApiRequest(f"{origins.backend}/api/health", headers=(CUSTOM_HEADER,), credentials="include")
    fallback = replace(page.client.fallback, request=bots) if page.client.fallback else None
    return Target(
        page=origins.proxy,
        url=routes[page.opens],
        routes=tuple(Route(name, url) for name, url in routes.items()),
        api=(health, bots, across),
        client=replace(page.client, fallback=fallback),
        expect=page.expect,
        observe_s=page.observe_s,
    )


def probe_command(examined: Target) -> str:
    """The `wsdiag probe` line for a target of the lab, ready to paste into a shell.

    `--api-header` and `--credentials` apply to every request, so the line asks more of the same-origin ones.
    """
    other = next(route for route in examined.routes if route.url != examined.url)
    words = ["wsdiag", "probe", examined.url, f"--{other.name}", other.url, "--page", examined.page]
    for request in examined.api:
        words += ["--api", request.url]
    words += ["--api-header", ": ".join(CUSTOM_HEADER), "--credentials", "include"]
    words += ["--heartbeat-interval", f"{examined.client.heartbeat_interval_s:g}s"]
    words += ["--observe", f"{examined.observe_s:g}s"]
    for type_ in examined.expect:
        words += ["--expect", type_]
    return shlex.join(words)


def _socket_url(origin: str) -> str:
    return f"ws{origin.removeprefix('http')}/ws"
