"""What `wsdiag.yaml` says, as values; kept apart from its reading, so that a run without a file never loads YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diag.model import ApiRequest, Client, Headers, Tls
from diag.waivers import Waiver

if TYPE_CHECKING:
    from diag.measures.thresholds import Threshold


@dataclass(frozen=True, slots=True)
class Filed:
    """What the file says. `url` is what the page opens; None where the file is silent and nothing is the default."""

    page: str | None = None
    url: str | None = None
    routes: Mapping[str, str] = field(default_factory=dict)
    api: tuple[ApiRequest, ...] = ()
    client: Client = field(default_factory=Client)
    expect: tuple[str, ...] = ()
    observe_s: float = 5.0
    idle_limit_s: float = 0.0
    headers: Headers = ()
    cookies: str | None = None
    tls: Tls = field(default_factory=Tls)
    resolve: tuple[tuple[str, str], ...] = ()
    waivers: tuple[Waiver, ...] = ()
    load: Mapping[str, Any] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
