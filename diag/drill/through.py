"""The target as the drill's client gets it: the same page and policy, with the fault proxy on the way."""

from __future__ import annotations

from dataclasses import replace

from diag.faultproxy.proxy import Upstream
from diag.model import ApiRequest, Route, Target
from diag.urls import host_and_port, host_header, request_path
from diag.wire import tls
from diag.wire.resolve import ResolveError, resolve

_RESOLVE_S = 5.0


def upstream(target: Target) -> Upstream:
    """Where the page's route leads; a name without an address gives no addresses, and every connection just ends."""
    host, port, encrypted = host_and_port(target.url)
    try:
        overrides = {name.lower(): address for name, address in target.resolve}
        addresses = resolve(host, family=target.family, overrides=overrides, timeout_s=_RESOLVE_S)
    except ResolveError:
        addresses = ()
    context = tls.context(target.tls) if encrypted else None
    return Upstream(addresses, port, host_header(target.url), context, host if encrypted else None)


def through(target: Target, port: int) -> Target:
    """The target with its route, and the REST requests to the same server, through a proxy on that port of loopback.

    The way to the proxy is never encrypted: it encrypts towards the server itself.
    """
    route = Route(target.page_route.name, f"ws://127.0.0.1:{port}{request_path(target.url)}")
    fallback = target.client.fallback
    if fallback and fallback.request:
        fallback = replace(fallback, request=_moved(target, fallback.request, port))
    return replace(
        target,
        url=route.url,
        routes=(route,),
        api=tuple(_moved(target, request, port) for request in target.api),
        client=replace(target.client, fallback=fallback),
        family=None,
    )


def at_speed(target: Target, speed: float) -> Target:
    """The same target with a client that does everything so many times as fast."""
    client = target.client
    fallback = client.fallback and replace(client.fallback, every_s=client.fallback.every_s / speed)
    policy = client.reconnect
    return replace(
        target,
        client=replace(
            client,
            heartbeat_interval_s=client.heartbeat_interval_s / speed,
            heartbeat_timeout_s=client.heartbeat_timeout_s / speed,
            connect_timeout_s=client.connect_timeout_s / speed,
            reconnect=replace(
                policy, interval_s=policy.interval_s / speed, max_interval_s=policy.max_interval_s / speed
            ),
            fallback=fallback,
        ),
    )


def _moved(target: Target, request: ApiRequest, port: int) -> ApiRequest:
    """Cookies go where they went: a request to the page's own origin now looks like one across origins."""
    if host_and_port(request.url) != host_and_port(target.url):
        return request
    same = request.credentials == "same-origin" and Route("", request.url).origin == target.page
    url = f"http://127.0.0.1:{port}{request_path(request.url)}"
    return replace(request, url=url, credentials="include" if same else request.credentials)
