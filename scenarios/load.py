"""What a run loads: Locust's options, laid over `WSDIAG_*` and `wsdiag.yaml`, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, TypeVar

from diag.config import values
from diag.config.durations import duration, positive_duration
from diag.config.errors import ConfigError, NoTargetError, quoted
from diag.config.flags import Flags, settings
from diag.config.urls import page_origin, request_url, websocket_url
from diag.loading import guard, shapes
from diag.measures.thresholds import Threshold, parse_list
from diag.model import ApiRequest, Fallback, Target

T = TypeVar("T")

MIXABLE = ("websocket", "polling", "fallback", "storm")
_LARGEST_WEIGHT = 1000


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
    wsdiag_threshold: str = ""
    wsdiag_session_time: str = ""
    wsdiag_jitter: str = ""
    wsdiag_conditional: str = ""
    wsdiag_storm_every: str = ""
    wsdiag_reprobe: str = ""
    wsdiag_mix: str = ""
    wsdiag_shape: str = ""
    yes_load: str = ""

    @staticmethod
    def of(options: Mapping[str, Any]) -> Given:
        """The texts among Locust's options; a worker has none of them until the master's first message."""
        return Given(**{field.name: str(options.get(field.name) or "").strip() for field in fields(Given)})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How users behave beyond what the target says of its page. The fields are the keys of `load:` in wsdiag.yaml.

    `session_time` is how long a page stays, in seconds, before it leaves and comes back; None: for the whole run.
    `jitter` takes up to half off every wait before a reconnection. `conditional`: polls send the validators of the last
    answer. `storm_every` is how often all sockets of `ReconnectStormUser` are cut at once; None: a third of the run
    time. `reprobe` is how often a page that polls, its attempts used up, tries its socket again; None: never, as in the
    incident. `mix` holds scenarios and weights; empty: the classes that Locust was given.
    """

    session_time: float | None = None
    jitter: bool = True
    conditional: bool = False
    storm_every: float | None = None
    reprobe: float | None = None
    mix: tuple[tuple[str, int], ...] = ()
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """One run's settings. `polls` are the REST requests of the fallback, in the order in which the page sends them;
    `poll_every_s` 0 polls as fast as answers come; `allowed` are hosts that may be loaded though they are not this
    machine."""

    target: Target
    polls: tuple[ApiRequest, ...]
    poll_every_s: float
    thresholds: tuple[Threshold, ...] = ()
    allowed: tuple[str, ...] = ()
    behaviour: Behaviour = field(default_factory=Behaviour)


@lru_cache(maxsize=8)
def load_of(given: Given) -> Load:
    """The settings that these options stand for; ConfigError in one line, NoTargetError when they name no route.

    Cached, because every user asks: `load_of.cache_clear()` reads the file anew.
    """
    flags = Flags(
        url=_parsed("--ws-url", websocket_url, given.ws_url),
        page=_parsed("--page", page_origin, given.page),
        dialect=_parsed("--dialect", values.dialect, given.dialect),
        heartbeat_interval=_parsed("--heartbeat-interval", positive_duration, given.heartbeat_interval),
        config=given.wsdiag_config or None,
    )
    poll = _parsed("--poll-url", request_url, given.poll_url)
    every_s = _parsed("--poll-every", duration, given.poll_every)
    thresholds = _parsed("--wsdiag-threshold", parse_list, given.wsdiag_threshold)
    try:
        found = settings(flags)
    except NoTargetError:
        offer = "give --ws-url (or WSDIAG_URL), or name a route in wsdiag.yaml"
        raise NoTargetError(f"wsdiag: nothing to load: {offer}") from None
    target = found.target
    fallback = target.client.fallback or Fallback()
    polls = (ApiRequest(poll),) if poll else (fallback.request,) if fallback.request else _readable(target)
    return Load(
        target,
        polls,
        fallback.every_s if every_s is None else every_s,
        thresholds or found.thresholds,
        (*given.yes_load.replace(",", " ").split(), *guard.listed(found.load)),
        _behaviour(given, found.load),
    )


def _readable(target: Target) -> tuple[ApiRequest, ...]:
    """What polling may repeat a thousand times without changing anything."""
    return tuple(request for request in target.api if request.method == "GET")


def _behaviour(given: Given, filed: Mapping[str, Any]) -> Behaviour:
    """The option before the file's `load:`."""
    parsers: Mapping[str, Callable[[str], Any]] = {
        "session_time": duration,
        "jitter": _truth,
        "conditional": _truth,
        "storm_every": positive_duration,
        "reprobe": positive_duration,
        "mix": _mix,
        "shape": _shape,
    }
    found: dict[str, Any] = {}
    for name, parse in parsers.items():
        option, text = f"wsdiag_{name}", _written(filed.get(name))
        if chosen := getattr(given, option):
            found[name] = _parsed(f"--{option.replace('_', '-')}", parse, chosen)
        elif text:
            found[name] = _parsed(f"wsdiag.yaml: load.{name}", parse, text)
    return Behaviour(**found)


def _written(value: Any) -> str:
    """A value of YAML as the option would have it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case dict():
            return ",".join(f"{name}={weight}" for name, weight in value.items())
        case _:
            return str(value)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{quoted(text)} is neither true nor false")
    return text == "true"


def _shape(text: str) -> str:
    return values.one_of(text, shapes.NAMES)


def _mix(text: str) -> tuple[tuple[str, int], ...]:
    """`websocket=8,polling=1,fallback=1`."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, weight = (piece.strip() for piece in part.partition("="))
        known = values.one_of(name, MIXABLE)
        if known in found:
            raise ValueError(f"{known} is there twice")
        if not (equals and weight.isascii() and weight.isdecimal() and 0 < int(weight[:5]) <= _LARGEST_WEIGHT):
            raise ValueError(f"{quoted(part)} is no weight (like websocket=8; 1 to {_LARGEST_WEIGHT})")
        found[known] = int(weight)
    return tuple(found.items())


def _parsed(option: str, parse: Callable[[str], T], text: str) -> T | None:
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(f"wsdiag: {option}: {error}") from None
