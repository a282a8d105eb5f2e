"""What a run loads: Locust's options, laid over `WSDIAG_*` and `wsdiag.yaml`, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

from diag.config import values
from diag.config.durations import positive_duration
from diag.config.errors import ConfigError, NoTargetError
from diag.config.flags import Flags, settings
from diag.config.urls import page_origin, request_url, websocket_url
from diag.model import ApiRequest, Fallback, Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given:
    """The options as text, the way that command line, environment and web UI give them; "" where nothing is given."""

    ws_url: str = ""
    page: str = ""
    poll_url: str = ""
    poll_every: str = ""
    dialect: str = ""
    heartbeat_interval: str = ""
    wsdiag_config: str = ""

    @staticmethod
    def of(options: Mapping[str, Any]) -> Given:
        """The texts among Locust's options; a worker has none of them until the master's first message."""
        return Given(**{field.name: str(options.get(field.name) or "").strip() for field in fields(Given)})


@dataclass(frozen=True, slots=True)
class Load:
    """One run's settings. `polls` are the REST requests of the fallback, in the order in which the page sends them."""

    target: Target
    polls: tuple[ApiRequest, ...]
    poll_every_s: float


@lru_cache(maxsize=8)
def load_of(given: Given) -> Load:
    """The settings that these options stand for; ConfigError in one line, NoTargetError when they name no route.

    Cached, because every step of every user asks: `load_of.cache_clear()` reads the file anew.
    """
    flags = Flags(
        url=_parsed("--ws-url", websocket_url, given.ws_url),
        page=_parsed("--page", page_origin, given.page),
        dialect=_parsed("--dialect", values.dialect, given.dialect),
        heartbeat_interval=_parsed("--heartbeat-interval", positive_duration, given.heartbeat_interval),
        config=given.wsdiag_config or None,
    )
    poll = _parsed("--poll-url", request_url, given.poll_url)
    every_s = _parsed("--poll-every", positive_duration, given.poll_every)
    try:
        target = settings(flags).target
    except NoTargetError:
        offer = "give --ws-url (or WSDIAG_URL), or name a route in wsdiag.yaml"
        raise NoTargetError(f"wsdiag: nothing to load: {offer}") from None
    fallback = target.client.fallback or Fallback()
    polls = (ApiRequest(poll),) if poll else (fallback.request,) if fallback.request else _readable(target)
    return Load(target, polls, every_s or fallback.every_s)


def _readable(target: Target) -> tuple[ApiRequest, ...]:
    """What polling may repeat a thousand times without changing anything."""
    return tuple(request for request in target.api if request.method == "GET")


def _parsed(option: str, parse: Callable[[str], T], text: str) -> T | None:
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(f"wsdiag: {option}: {error}") from None
