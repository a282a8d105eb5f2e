"""A recorded fetch: one line of JSON, checked and turned into values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diag.browser.exchange import Answer, Dropped, Exchange, FetchRequest, Pairs, Redirect, Response

_TEXTS = {"api": "fetch", "method": "GET", "mode": "cors", "credentials": "same-origin"}
_TEXTS |= {"redirect": "follow", "cache": "default"}


@dataclass(frozen=True, slots=True)
class FetchCase:
    """A page, what it asks for, what servers say, and what happened just before."""

    id: str
    page_origin: str
    page_url: str | None
    request: FetchRequest
    preflight_response: Answer | None
    response: Answer | None
    redirects: tuple[Redirect, ...]
    prior: tuple[Exchange, ...]


def parse_fetch_case(line: Mapping[str, Any]) -> FetchCase:
    """Check one case; raises ValueError with the one thing that is wrong. All but id, origin and URL may be absent."""
    exchange = _exchange(line)
    page_url = line.get("page_url")
    return FetchCase(
        id=_text(line, "id"),
        page_origin=_text(line, "page_origin"),
        page_url=None if page_url is None else _text(line, "page_url"),
        request=exchange.request,
        preflight_response=exchange.preflight_response,
        response=exchange.response,
        redirects=tuple(_redirect(_mapping(item, "redirects")) for item in _list(line, "redirects")),
        prior=tuple(_exchange(_mapping(item, "prior")) for item in _list(line, "prior")),
    )


def _exchange(item: Mapping[str, Any]) -> Exchange:
    request = _request(_mapping(item.get("request"), "request"))
    return Exchange(request, _answer(item, "preflight_response"), _answer(item, "response"))


def _redirect(item: Mapping[str, Any]) -> Redirect:
    return Redirect(_text(item, "url"), _answer(item, "preflight_response"), _answer(item, "response"))


def _request(item: Mapping[str, Any]) -> FetchRequest:
    listener = item.get("upload_listener", False)
    if not isinstance(listener, bool):
        raise ValueError("`upload_listener` is not true or false")
    return FetchRequest(
        url=_text(item, "url"),
        headers=_headers(item),
        body=None if item.get("body") is None else _text(item, "body"),
        upload_listener=listener,
        **{name: _text(item, name, default) for name, default in _TEXTS.items()},
    )


def _answer(item: Mapping[str, Any], name: str) -> Answer | None:
    if item.get(name) is None:
        return None
    answer = _mapping(item[name], name)
    if answer.get("drop") is True:
        return Dropped()
    status = answer.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or not 0 <= status <= 999:
        raise ValueError(f"`{name}` has no status from 0 to 999")
    return Response(status, _text(answer, "reason", ""), _headers(answer), _text(answer, "body", ""))


def _headers(item: Mapping[str, Any]) -> Pairs:
    pairs = _list(item, "headers")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise ValueError("`headers` is not a list of [name, value]")
    return tuple((name, value) for name, value in pairs)


def _text(item: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = item.get(name, default)
    if value is None:
        raise ValueError(f"`{name}` is missing")
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is not a string")
    return value


def _list(item: Mapping[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"`{name}` is not a list")
    return value


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"`{name}` is {'missing' if value is None else 'not an object'}")
    return value
