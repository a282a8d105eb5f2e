"""The options that commands share: the target, the lab. A command receives them as one value, not as thirty."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any

import click

from diag import commands
from diag.commands._help import OUTPUT_SECTION, Value, decorated, option, section
from diag.config import urls, values
from diag.config.durations import duration, positive_duration
from diag.config.errors import ConfigError, NoTargetError
from diag.config.flags import Flags, Settings, overridden, settings

_DURATION = Value("duration", positive_duration)
_WS_URL = Value("url", urls.websocket_url)
_HEADER = Value("header", values.header, lines=True)
_FILE = click.Path(exists=True, dir_okay=False, readable=True)

TARGET = (
    click.argument("url", required=False, type=_WS_URL, envvar="WSDIAG_URL"),
    *section(
        "Routes",
        option("--proxy", type=_WS_URL, metavar="URL", help="The route through the (dev) proxy."),
        option("--direct", type=_WS_URL, metavar="URL", help="The route straight to the backend."),
        option(
            "--route",
            type=Value("route", values.route),
            multiple=True,
            metavar="NAME=URL",
            help="Another route. Repeatable.",
        ),
        option(
            "--page",
            "--origin",
            "page",
            type=Value("origin", urls.page_origin),
            metavar="ORIGIN",
            help="The page's origin, or null. Default: the origin of the proxy route; without one, of URL.",
        ),
        option(
            "--config",
            type=click.Path(),
            metavar="FILE",
            help="Default: wsdiag.yaml in the working directory, when there is one.",
        ),
    ),
    *section(
        "REST requests of the page",
        option(
            "--api",
            type=Value("request", values.api_request, lines=True),
            multiple=True,
            metavar="[METHOD ]URL",
            help="Health, or the polling fallback. Repeatable.",
        ),
        option(
            "--api-header",
            type=_HEADER,
            multiple=True,
            metavar="'K: V'",
            help="A header that the page's fetch sets. Repeatable.",
        ),
        option(
            "--credentials",
            type=Value("credentials", values.credentials),
            metavar="MODE",
            help="Fetch's credentials: include, same-origin or omit.",
        ),
    ),
    *section(
        "Handshake and connection",
        option(
            "-H",
            "--header",
            type=_HEADER,
            multiple=True,
            metavar="'K: V'",
            help="A header of the handshake. Repeatable.",
        ),
        option(
            "-b",
            "--cookie",
            type=Value("cookie", values.header_value, lines=True),
            multiple=True,
            metavar="'A=1; B=2'",
            help="Cookies of the page.",
        ),
        option("--bearer", type=Value("token", values.header_value), metavar="TOKEN", help="Authorization: Bearer …"),
        option(
            "--subprotocol",
            type=Value("subprotocol", values.token),
            multiple=True,
            metavar="NAME",
            help="A subprotocol to offer. Repeatable.",
        ),
        option(
            "--resolve",
            type=Value("override", values.resolve),
            multiple=True,
            metavar="HOST=ADDRESS",
            help="Use this address for a name; curl's HOST:PORT:ADDRESS works too. Repeatable.",
        ),
        option(
            "--forward-proxy",
            type=Value("proxy", values.forward_proxy),
            metavar="URL|env",
            help="Go through this HTTP proxy by CONNECT, or through the environment's. Default: through none.",
        ),
        option("-4", "--ipv4", "family", flag_value=4, type=int, default=None, help="Connect over IPv4 only."),
        option("-6", "--ipv6", "family", flag_value=6, type=int, default=None, help="Connect over IPv6 only."),
        option("-k", "--insecure", is_flag=True, default=None, help="Do not verify certificates."),
        option("--cacert", type=_FILE, metavar="FILE", help="Trust the authorities in this PEM file."),
        option("--cert", type=_FILE, metavar="FILE", help="Client certificate, PEM."),
        option("--key", type=_FILE, metavar="FILE", help="Its private key, PEM."),
        option("--timeout", type=_DURATION, metavar="D", help="Of each connect and handshake. Default: 15s."),
        option("--deadline", type=_DURATION, metavar="D", help="Of the whole run. Default: none."),
    ),
    *section(
        "What a healthy session does",
        option(
            "--dialect",
            type=Value("dialect", values.dialect),
            metavar="NAME",
            help="How the application beats. Default: orchestration.",
        ),
        option(
            "--heartbeat-interval",
            type=_DURATION,
            metavar="D",
            help="How often the page's client beats. Default: 45s.",
        ),
        option("--count", type=Value("count", values.count), metavar="N", help="Send this many heartbeats."),
        option("--expect", multiple=True, metavar="TYPE", help="A message type that must be pushed. Repeatable."),
        option(
            "--observe",
            type=Value("duration", duration),
            metavar="D",
            help="How long each session is watched. Default: 5s.",
        ),
        option(
            "--idle-limit",
            type=Value("duration", duration),
            metavar="D",
            help="Stay silent for so long to find idle timeouts. Default: 0s, not looked for.",
        ),
    ),
)

(ignore_option,) = section(
    OUTPUT_SECTION,
    option(
        "--ignore",
        type=Value("waiver", values.waiver),
        multiple=True,
        metavar="CODE[@DATE]",
        help="Waive a finding, until the end of YYYY-MM-DD. Repeatable.",
    ),
)

LAB = section(
    "Lab",
    option("--lab", is_flag=True, help="Start the embedded system for this run and examine that."),
    option(
        "--fault", multiple=True, metavar="NAME", help="Break the lab in this way (see wsdiag lab --list). Repeatable."
    ),
)


@dataclass(frozen=True, slots=True)
class LabChoice:
    """Whether the embedded system is the target, and how it is broken."""

    wanted: bool = False
    faults: tuple[str, ...] = ()


def target_options(function: Callable[..., Any]) -> Any:
    """Gives a command the target's flags as `flags: Flags` and the lab's as `lab: LabChoice`."""
    names = [field.name for field in fields(Flags)]

    @wraps(function)
    def command(**params: Any) -> Any:
        flags = Flags(**{name: params.pop(name) for name in names})
        faults = params.pop("fault")
        return function(flags=flags, lab=LabChoice(params.pop("lab") or bool(faults), faults), **params)

    return decorated(command, (*TARGET, *LAB, ignore_option))


@contextmanager
def examined(flags: Flags, lab: LabChoice) -> Iterator[Settings]:
    """The settings of a run, with the lab up while the body runs; ConfigError when there is nothing to examine."""
    if not lab.wanted:
        yield _settings(flags)
        return
    if flags.url or flags.routes or flags.config:
        raise ConfigError("wsdiag: --lab brings its own routes: drop the URL, --proxy, --direct, --route and --config")
    from diag.lab import Lab  # noqa: PLC0415 - starlette and uvicorn

    with Lab(lab.faults) as running:
        yield Settings(overridden(running.target(), flags), flags.ignore)


def _settings(flags: Flags) -> Settings:
    try:
        return settings(flags)
    except NoTargetError:
        offers = ["give a URL (wsdiag probe ws://localhost:5173/ws)"]
        offers += ["write a wsdiag.yaml with wsdiag init"] if "init" in commands.names() else []
        offers += ["try --lab"] if importlib.util.find_spec("diag.lab") else []
        raise ConfigError(f"wsdiag: nothing to examine: {', or '.join(offers)}") from None
