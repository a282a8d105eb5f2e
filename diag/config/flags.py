"""From what the user gave to `Target`: flags, then `WSDIAG_*` (which arrive as flags), then `wsdiag.yaml`.

What has keys is merged by key (routes, headers, overrides, waivers); a list that is given replaces the file's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diag import dialects
from diag.config.errors import ConfigError, NoTargetError
from diag.config.filed import Filed
from diag.config.routing import routing
from diag.config.values import forward_proxy, merged_headers
from diag.model import ApiRequest, Headers, Target, Tls
from diag.waivers import Waiver

if TYPE_CHECKING:
    from diag.measures.thresholds import Threshold

_PROXY_VARIABLES = ("https_proxy", "all_proxy", "http_proxy")
DEFAULT_FILE = "wsdiag.yaml"


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of the target, parsed; None or () where nothing was given."""

    url: str | None = None
    proxy: str | None = None
    direct: str | None = None
    route: tuple[tuple[str, str], ...] = ()
    page: str | None = None
    api: tuple[ApiRequest, ...] = ()
    api_header: Headers = ()
    credentials: str | None = None
    header: Headers = ()
    cookie: tuple[str, ...] = ()
    bearer: str | None = None
    subprotocol: tuple[str, ...] = ()
    resolve: tuple[tuple[str, str], ...] = ()
    insecure: bool | None = None
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    family: int | None = None
    timeout: float | None = None
    deadline: float | None = None
    dialect: str | None = None
    heartbeat_interval: float | None = None
    count: int | None = None
    expect: tuple[str, ...] = ()
    observe: float | None = None
    idle_limit: float | None = None
    forward_proxy: str | None = None
    ignore: tuple[Waiver, ...] = ()
    config: str | None = None

    @property
    def routes(self) -> dict[str, str]:
        """The routes by name; ConfigError when two flags name the same one."""
        named = [("proxy", self.proxy), ("direct", self.direct), *self.route]
        given = [(name, url) for name, url in named if url]
        names = [name for name, _ in given]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ConfigError(f"wsdiag: the route {twice} is given twice")
        return dict(given)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command works with; `load` is kept as the file has it, and its thresholds are understood."""

    target: Target
    waivers: tuple[Waiver, ...] = ()
    load: Mapping[str, Any] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()


def settings(flags: Flags) -> Settings:
    """The target that flags and file describe together.

    Raises ConfigError, and NoTargetError when neither names a route.
    """
    name, filed = _file(flags.config)
    page = flags.page or filed.page
    try:
        found = routing(filed.routes, filed.url, flags.routes, flags.url, page)
    except NoTargetError:
        if name is None:
            raise
        raise ConfigError(f'{name}: names no route (routes: {{proxy: "ws://…"}})') from None
    target = Target(
        page=found.page,
        url=found.url,
        routes=found.routes,
        api=filed.api,
        client=filed.client,
        expect=filed.expect,
        observe_s=filed.observe_s,
        idle_limit_s=filed.idle_limit_s,
        headers=filed.headers,
        cookies=filed.cookies,
        tls=filed.tls,
        resolve=filed.resolve,
    )
    waivers = merged_waivers(filed.waivers, flags.ignore)
    return Settings(overridden(target, flags), waivers, filed.load, filed.thresholds)


def overridden(target: Target, flags: Flags) -> Target:
    """The target with everything but its routes replaced by what the flags give.

    Subprotocols that nobody gave are those of the dialect.
    """
    changes = _given(
        page=flags.page,
        expect=flags.expect,
        observe_s=flags.observe,
        idle_limit_s=flags.idle_limit,
        count=flags.count,
        cookies="; ".join(flags.cookie),
        family=flags.family,
        deadline_s=flags.deadline,
        **_forward_proxy(flags.forward_proxy),
    )
    client = _given(
        subprotocols=flags.subprotocol,
        dialect=flags.dialect,
        heartbeat_interval_s=flags.heartbeat_interval,
        connect_timeout_s=flags.timeout,
    )
    dialect = dialects.load(flags.dialect or target.client.dialect)
    client.setdefault("subprotocols", target.client.subprotocols or dialect.subprotocols)
    fallback = target.client.fallback
    if fallback and fallback.request:
        client["fallback"] = replace(fallback, request=_overridden_request(fallback.request, flags))
    above = (*flags.header, ("Authorization", f"Bearer {flags.bearer}")) if flags.bearer else flags.header
    hosts = {host for host, _ in flags.resolve}
    return replace(
        target,
        **changes,
        client=replace(target.client, **client),
        api=tuple(_overridden_request(request, flags) for request in flags.api or target.api),
        headers=merged_headers(target.headers, above),
        tls=_overridden_tls(target.tls, flags),
        resolve=tuple(pair for pair in target.resolve if pair[0] not in hosts) + flags.resolve,
    )


def merged_waivers(below: tuple[Waiver, ...], above: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    """Both; a code that is in `above` replaces the one in `below`."""
    codes = {waiver.code for waiver in above}
    return tuple(waiver for waiver in below if waiver.code not in codes) + above


def _overridden_request(request: ApiRequest, flags: Flags) -> ApiRequest:
    headers = merged_headers(request.headers, flags.api_header)
    return replace(request, headers=headers, credentials=flags.credentials or request.credentials)


def _overridden_tls(tls: Tls, flags: Flags) -> Tls:
    pair = {"cert": flags.cert, "key": flags.key} if flags.cert else _given(key=flags.key)
    changed = replace(tls, **_given(cacert=flags.cacert, insecure=flags.insecure), **pair)
    if changed.key and not changed.cert:
        raise ConfigError("wsdiag: --key needs the --cert that it belongs to")
    return changed


def _forward_proxy(asked: str | None) -> dict[str, str]:
    """The forward proxy that is asked for; `env` reads the variables that curl reads, in the order of a wss page."""
    if asked != "env":
        return {"forward_proxy": asked} if asked else {}
    named = (os.environ.get(name) for low in _PROXY_VARIABLES for name in (low, low.upper()))
    found = next(filter(None, named), None)
    if found is None:
        raise ConfigError("wsdiag: --forward-proxy env: no proxy variable is set (https_proxy, all_proxy, http_proxy)")
    try:
        proxy = forward_proxy(found)
    except ValueError as error:
        raise ConfigError(f"wsdiag: --forward-proxy env: {error}") from None
    return {"forward_proxy": proxy, "no_proxy": os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, (), "")}


def _file(config: str | None) -> tuple[str | None, Filed]:
    """The file's name, None when there is none, and what it says. Only a run with a file pays for YAML."""
    name = config or DEFAULT_FILE
    if config is None and not Path(name).exists():
        return None, Filed()
    from diag.config import schema, yamlfile  # noqa: PLC0415

    inline = name.startswith("{")  # `wsdiag load` gives Locust its settings this way: there is no file to remove
    root = yamlfile.parse(name, "settings") if inline else yamlfile.read(Path(name), name)
    return name, Filed() if root is None else schema.filed(root)
