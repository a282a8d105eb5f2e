"""The settings of a run as one text that `wsdiag.yaml`'s reader understands: JSON, which is YAML as well. Pure.

It goes to Locust in the environment (`WSDIAG_CONFIG`), because it may hold tokens: a command line can be read by every
user of the machine, and a file would have to be removed, whatever happens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from diag.measures.thresholds import Threshold
from diag.model import ApiRequest, Client, Fallback, Headers, Target

LEFT_OUT = ("count", "deadline_s", "family", "forward_proxy", "no_proxy", "observe_s", "idle_limit_s")


def written(
    target: Target,
    thresholds: Iterable[Threshold] = (),
    allowed: Iterable[str] = (),
    load: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """One line. Read again, it is the same target but for what only a probe obeys: see LEFT_OUT.

    `load` is that section of the file, as it stands there; thresholds and allowed hosts take the place of its own.
    """
    document = {
        "page": target.page,
        "url": target.url,
        "routes": {route.name: route.url for route in target.routes},
        "api": [_request(request) for request in _requests(target)],
        "client": _client(target.client),
        "expect": list(target.expect),
        "headers": _headers(target.headers),
        "cookies": target.cookies,
        "tls": {
            "cacert": target.tls.cacert,
            "insecure": target.tls.insecure,
            "cert": target.tls.cert,
            "key": target.tls.key,
        },
        "resolve": dict(target.resolve),
        "load": {**load, "thresholds": [_threshold(each) for each in thresholds], "allow": list(allowed)},
    }
    text = json.dumps(document, ensure_ascii=False)
    # A surrogate pair is one character in JSON and two in YAML, and YAML folds lines at some that JSON leaves alone.
    return re.sub(r"[^\x20-\x7e]", lambda found: f"\\U{ord(found[0]):08x}", text)


def _requests(target: Target) -> tuple[ApiRequest, ...]:
    """Those of the page. The fallback's comes first where its headers differ: it takes them from the first match."""
    fallback = target.client.fallback
    if fallback is None or fallback.request is None or fallback.request in target.api:
        return target.api
    return (fallback.request, *target.api)


def _request(request: ApiRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": _headers(request.headers),
        "credentials": request.credentials,
    }


def _client(client: Client) -> dict[str, Any]:
    reconnect = client.reconnect
    return {
        "subprotocols": list(client.subprotocols),
        "dialect": client.dialect,
        "heartbeat": {"interval": _ms(client.heartbeat_interval_s), "timeout": _ms(client.heartbeat_timeout_s)},
        "answers_pings": client.answers_pings,
        "permessage_deflate": client.permessage_deflate,
        "connect_timeout": _ms(client.connect_timeout_s),
        "reconnect": {
            "attempts": reconnect.attempts,
            "interval": _ms(reconnect.interval_s),
            "backoff": reconnect.backoff,
            "max_interval": _ms(reconnect.max_interval_s),
        },
        "fallback": None if client.fallback is None else _fallback(client.fallback),
    }


def _fallback(fallback: Fallback) -> dict[str, Any]:
    request = fallback.request
    return {
        "after_attempts": fallback.after_attempts,
        "every": _ms(fallback.every_s),
        "request": f"{request.method} {request.url}" if request else None,
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    return {"threshold": threshold.expression, "abort": threshold.abort, "delay": _ms(threshold.delay_s)}


def _headers(headers: Headers) -> dict[str, str]:
    """By name. Lines of one name are one list (RFC 9110, section 5.3), and a tab is a blank (section 5.5)."""
    lines: dict[str, str] = {}
    for name, value in headers:
        flat = value.replace("\t", " ")
        lines[name] = f"{lines[name]}, {flat}" if name in lines else flat
    return lines


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.6f}".rstrip("0").rstrip(".") + "ms"
