"""`wsdiag.yaml` as values: every key that it may have, what it must be, and what happens without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from diag.config import values
from diag.config.durations import duration, positive_duration
from diag.config.filed import Filed
from diag.config.urls import page_origin, request_url, websocket_url
from diag.config.yamlfile import Entry
from diag.measures import thresholds
from diag.measures.thresholds import Threshold
from diag.model import ApiRequest, Client, Fallback, Headers, Reconnect, Tls
from diag.waivers import Waiver

T = TypeVar("T")
Table = Mapping[str, tuple[str, Callable[[Entry], Any]]]
"""YAML key -> name of the field, and what reads it."""


def filed(root: Entry) -> Filed:
    """The file's settings; ConfigError, with the line, for whatever is not as `wsdiag.yaml` is documented."""
    fields = _fields(root, _FILE)
    bearer = fields.pop("bearer", ())
    fields["headers"] = values.merged_headers(fields.get("headers", ()), bearer)
    fields["load"], fields["thresholds"] = fields.get("load", ({}, ()))
    found = Filed(**fields)
    fallback = found.client.fallback
    if fallback is None or fallback.request is None:
        return found
    same = _declared(fallback.request, found.api)
    return replace(found, client=replace(found.client, fallback=replace(fallback, request=same)))


def _declared(request: ApiRequest, api: tuple[ApiRequest, ...]) -> ApiRequest:
    """The fallback polls what `api` describes: its headers and credentials hold when method and URL are the same."""
    return next((known for known in api if (known.method, known.url) == (request.method, request.url)), request)


def _fields(entry: Entry, table: Table) -> dict[str, Any]:
    section = entry.section(*table)
    return {name: read(section[key]) for key, (name, read) in table.items() if key in section}


def _parsed(parse: Callable[[str], T]) -> Callable[[Entry], T]:
    return lambda entry: entry.parsed(parse)


def _each(read: Callable[[Entry], T]) -> Callable[[Entry], tuple[T, ...]]:
    return lambda entry: tuple(read(item) for item in entry.items())


def _routes(entry: Entry) -> dict[str, str]:
    routes = {}
    for name, url in entry.mapping().items():
        _checked(url, values.route_name, name)
        routes[name] = url.parsed(websocket_url)
    return routes


def _headers(entry: Entry) -> Headers:
    return tuple(_checked(value, values.header_pair, name, value.text()) for name, value in entry.mapping().items())


def _resolve(entry: Entry) -> tuple[tuple[str, str], ...]:
    return tuple(_checked(value, values.override, host, value.text()) for host, value in entry.mapping().items())


def _checked(entry: Entry, parse: Callable[..., T], *parts: str) -> T:
    try:
        return parse(*parts)
    except ValueError as error:
        raise entry.error(str(error)) from None


def _bearer(entry: Entry) -> Headers:
    return (("Authorization", "Bearer " + _checked(entry, values.header_value, entry.text())),)


def _cookies(entry: Entry) -> str:
    return _checked(entry, values.header_value, entry.text())


def _api(entry: Entry) -> ApiRequest:
    if entry.is_scalar:
        return entry.parsed(values.api_request)
    fields = _fields(entry, _API)
    if "url" not in fields:
        raise entry.error("has no url")
    return ApiRequest(**fields)


def _client(entry: Entry) -> Client:
    fields = _fields(entry, _CLIENT)
    heartbeat = fields.pop("heartbeat", {})
    return Client(**fields, **heartbeat)


def _tls(entry: Entry) -> Tls:
    tls = Tls(**_fields(entry, _TLS))
    if tls.key and not tls.cert:
        raise entry.error("a key needs its cert")
    return tls


def _pem(entry: Entry) -> str:
    """A path relative to the file's own folder, so that a run does not depend on where it is started."""
    path = Path(entry.file).parent / entry.text()
    if not path.is_file():
        raise entry.error(f"there is no file {path}")
    return str(path)


def _waiver(entry: Entry) -> Waiver:
    if entry.is_scalar:
        return entry.parsed(values.waiver)
    fields = _fields(entry, _IGNORE)
    if "code" not in fields:
        raise entry.error("has no code")
    return Waiver(**fields)


def _load(entry: Entry) -> tuple[dict[str, Any], tuple[Threshold, ...]]:
    """All of it as it stands there, and the thresholds among it. What the others mean, `scenarios.load` says."""
    listed = entry.section(*_LOAD).get("thresholds")
    return dict(entry.plain()), _each(_threshold)(listed) if listed else ()


def _threshold(entry: Entry) -> Threshold:
    if entry.is_scalar:
        return _checked(entry, thresholds.parse, entry.text())
    fields = _fields(entry, _THRESHOLD)
    if "text" not in fields:
        raise entry.error("has no threshold")
    return _checked(entry, partial(thresholds.parse, **fields))


def _attempts(entry: Entry) -> int:
    return entry.integer(0, 1000)


_API: Table = {
    "method": ("method", _parsed(values.method)),
    "url": ("url", _parsed(request_url)),
    "headers": ("headers", _headers),
    "credentials": ("credentials", _parsed(values.credentials)),
}
_HEARTBEAT: Table = {
    "interval": ("heartbeat_interval_s", _parsed(positive_duration)),
    "timeout": ("heartbeat_timeout_s", _parsed(positive_duration)),
}
_RECONNECT: Table = {
    "attempts": ("attempts", _attempts),
    "interval": ("interval_s", _parsed(duration)),
    "backoff": ("backoff", _parsed(values.backoff)),
    "max_interval": ("max_interval_s", _parsed(duration)),
}
_FALLBACK: Table = {
    "after_attempts": ("after_attempts", _attempts),
    "every": ("every_s", _parsed(positive_duration)),
    "request": ("request", _parsed(values.api_request)),
}
_CLIENT: Table = {
    "subprotocols": ("subprotocols", _each(_parsed(values.token))),
    "dialect": ("dialect", _parsed(values.dialect)),
    "heartbeat": ("heartbeat", lambda entry: _fields(entry, _HEARTBEAT)),
    "answers_pings": ("answers_pings", Entry.boolean),
    "permessage_deflate": ("permessage_deflate", Entry.boolean),
    "connect_timeout": ("connect_timeout_s", _parsed(positive_duration)),
    "reconnect": ("reconnect", lambda entry: Reconnect(**_fields(entry, _RECONNECT))),
    "fallback": ("fallback", lambda entry: Fallback(**_fields(entry, _FALLBACK))),
}
_TLS: Table = {
    "cacert": ("cacert", _pem),
    "insecure": ("insecure", Entry.boolean),
    "cert": ("cert", _pem),
    "key": ("key", _pem),
}
_IGNORE: Table = {
    "code": ("code", _parsed(values.code)),
    "until": ("until", _parsed(values.day)),
    "reason": ("reason", Entry.text),
}
_LOAD = ("thresholds", "allow", "session_time", "jitter", "conditional", "storm_every", "reprobe", "mix", "shape")
_THRESHOLD: Table = {
    "threshold": ("text", Entry.text),
    "abort": ("abort", Entry.boolean),
    "delay": ("delay_s", _parsed(duration)),
}
_FILE: Table = {
    "page": ("page", _parsed(page_origin)),
    "url": ("url", _parsed(websocket_url)),
    "routes": ("routes", _routes),
    "api": ("api", _each(_api)),
    "client": ("client", _client),
    "expect": ("expect", _each(Entry.text)),
    "observe": ("observe_s", _parsed(duration)),
    "idle_limit": ("idle_limit_s", _parsed(duration)),
    "headers": ("headers", _headers),
    "cookies": ("cookies", _cookies),
    "bearer": ("bearer", _bearer),
    "tls": ("tls", _tls),
    "resolve": ("resolve", _resolve),
    "ignore": ("waivers", _each(_waiver)),
    "load": ("load", _load),
}
