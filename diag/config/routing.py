"""Which routes there are, which of them the page opens, and what the page's origin is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diag.config.errors import ConfigError, NoTargetError
from diag.config.urls import masked
from diag.model import Route, http_origin


@dataclass(frozen=True, slots=True)
class Routing:
    """The page's own route comes first."""

    routes: tuple[Route, ...]
    page: str

    @property
    def url(self) -> str:
        """What the page opens."""
        return self.routes[0].url


def routing(
    filed: Mapping[str, str], filed_url: str | None, given: Mapping[str, str], given_url: str | None, page: str | None
) -> Routing:
    """Routes from the file and from flags, by name, and the URL that the page opens, from either.

    A file's `url` that equals one of its routes means that route, even when a flag has moved it since. Raises
    NoTargetError when there is no route at all.
    """
    named = {**filed, **given}
    opened = next((name for name, url in filed.items() if url == filed_url), None)
    url = given_url or (filed_url if opened is None else None)
    if url:
        opened = _name_of(url, named, page)
        named[opened] = url
    if not named:
        raise NoTargetError("wsdiag: no route is named")
    opened = opened or next((name for name in ("proxy", "direct") if name in named), next(iter(named)))
    order = [opened, *(name for name in named if name != opened)]
    return Routing(tuple(Route(name, named[name]) for name in order), page or _default_page(named, named[opened]))


def _name_of(url: str, named: Mapping[str, str], page: str | None) -> str:
    """The name of the route with that URL, or the name that it gets: `proxy`; `direct` when it leaves the page's
    origin and there is no `direct` yet; `page` when that name is taken."""
    known = next((name for name, other in named.items() if other == url), None)
    if known:
        return known
    foreign = http_origin(url) != (page or _default_page(named, url))
    natural = "direct" if foreign and "direct" not in named else "proxy"
    if natural not in named:
        return natural
    if "page" in named:
        raise ConfigError(f"wsdiag: the page opens {masked(url)}, which is none of the routes {', '.join(named)}")
    return "page"


def _default_page(named: Mapping[str, str], opened: str) -> str:
    return http_origin(named.get("proxy", opened))
