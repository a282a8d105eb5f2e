"""Secrets kept out of whatever is written: reports, recordings, logs. Pure.

Two nets, one behind the other: what the target is known to hold is masked wherever it turns up, and what a server
sends is masked by its place: credentials headers, cookies, a URL's userinfo and query. Masking twice changes nothing
more. Only text is masked; numbers, keys of mappings and wsdiag's own words stay. Values are to be masked before they
are encoded (base64, compression): inside an encoding no secret is recognised.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import unquote, unquote_plus

from diag.model import ApiRequest, Headers, Target
from diag.report import Report

MASK = "•••"
SHORTEST = 4
"""Characters that a value needs to be looked for everywhere; a shorter one is masked only behind its name."""

T = TypeVar("T")
_Named = tuple[str, str]

_QUERY_NAME = (
    r"(?:[\w.-]*(?:token|secret|password|passwd|ticket|signature|jwt|api[_-]?key)"
    r"|(?:[\w.-]*[_.-])?(?:key|sig|auth|session(?:[_-]?id)?|sid|code|pwd))"
)
_HEADER_NAME = (
    r"(?:(?:proxy-)?authorization|(?:set-)?cookie|api-?key"
    r"|(?:\w+-)+(?:token|secret|password|signature|jwt|session(?:-id)?|(?:api-?|auth-|access-|subscription-)key))"
)
_JSON_NAME = r"[\w.-]*(?:token|secret|password|passwd|ticket|jwt|api[_-]?key)"
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "version", "priority"})
_OWN_WORDS = frozenset({"code", "explains", "id", "kind", "layer", "name", "primary_cause", "route", "variant"})
"""Fields that hold wsdiag's own words: a cookie `mode=proxy` must not rename the route `proxy`."""

_SECRET_HEADER = re.compile(_HEADER_NAME, re.IGNORECASE)
_SECRET_QUERY = re.compile(_QUERY_NAME, re.IGNORECASE)
_COOKIE = re.compile(r'(?<![^\s=;,"])([^\s=;,"]+)=("[^"\r\n]*"|[^;\r\n"]*)')
_CREDENTIALS = re.compile(r"(\s*[A-Za-z][\w-]*[ \t]+)\S.*", re.DOTALL)
_USERINFO = re.compile(r"://([^/\s?#\"'<>]+)@")
_QUERY = re.compile(rf"([?&#;])({_QUERY_NAME})=([^&#\s\"'<>]+?)(?=[.,;:)\]}}]{{0,3}}(?:[&#\s\"'<>]|$))", re.IGNORECASE)
_NESTED_QUERY = re.compile(rf"(%3F|%26|%23)({_QUERY_NAME})(%3D)((?:(?!%26|%23)[^&#\s\"'<>])+)", re.IGNORECASE)
_HEADER_LINE = re.compile(
    rf"(?<![\w-])({_HEADER_NAME})([\"']?[^\S\r\n]*:[^\S\r\n]*[\"']?)"
    r"""((?:="[^"\r\n]*"|\\[^\r\n]|[^"'\\\r\n]|'(?=[^\s,)}\]]))+)""",
    re.IGNORECASE,
)
_JSON_MEMBER = re.compile(rf'("{_JSON_NAME}"\s*:\s*")((?:[^"\\]|\\.)+)', re.IGNORECASE | re.DOTALL)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a target is known to hold. `values` are masked anywhere, `short` (name, value) only behind their name."""

    values: tuple[str, ...] = ()
    short: tuple[_Named, ...] = ()

    def mask(self, text: str) -> str:
        """The text with every secret replaced by `•••`; names, schemes, users and URLs around them stay readable."""
        masked = self._once(text)
        while masked != text:  # a mask can bring a name and the next value together: `token="{"token":"abc`
            text, masked = masked, self._once(masked)
        return masked

    def _once(self, text: str) -> str:
        for pattern in _known(self.values, self.short):
            text = pattern.sub(rf"\1{MASK}", text)
        text = _USERINFO.sub(lambda match: f"://{_user(match[1])}@", text)
        text = _QUERY.sub(rf"\1\2={MASK}", text)
        text = _NESTED_QUERY.sub(rf"\1\2\3{MASK}", text)
        text = _HEADER_LINE.sub(lambda match: match[1] + match[2] + _mask_header(match[1], match[3]), text)
        text = _JSON_MEMBER.sub(rf"\1{MASK}", text)
        return _JWT.sub(MASK, text)


def secrets_of(target: Target) -> Secrets:
    """What the target holds: credentials and cookies it sends, passwords and secret-like parameters in its URLs."""
    requests = list(target.api)
    if target.client.fallback is not None and target.client.fallback.request is not None:
        requests.append(target.client.fallback.request)
    found = {named for named in _held(target, requests) if named[1] and MASK not in named[1]}
    values = {value for _, value in found if len(value) >= SHORTEST}
    short = {(name, value) for name, value in found if name and len(value) < SHORTEST}
    return Secrets(tuple(sorted(values, key=lambda value: (-len(value), value))), tuple(sorted(short)))


def mask_value(value: T, secrets: Secrets) -> T:
    """The same value, masked throughout: frozen dataclasses, tuples, lists, dicts, str and bytes, however nested.

    A `(name, value)` pair, a `{label, value}` mapping or an Evidence that names a credentials header keeps of its
    value only the scheme, the cookies' names and their attributes.
    """
    return cast(T, _masked(value, secrets))


def mask_report(report: Report, secrets: Secrets) -> Report:
    """The report as it may be shown and stored."""
    return mask_value(report, secrets)


def _held(target: Target, requests: list[ApiRequest]) -> Iterator[_Named]:
    for headers in (target.headers, *(request.headers for request in requests)):
        yield from _in_headers(headers)
    yield from _in_cookies(target.cookies or "")
    urls = (target.page, target.url, *(route.url for route in target.routes), *(request.url for request in requests))
    for url in urls:
        yield from _in_url(url)


def _in_headers(headers: Headers) -> Iterator[_Named]:
    for name, value in headers:
        if not _SECRET_HEADER.fullmatch(name):
            continue
        if name.lower().endswith("cookie"):
            yield from _in_cookies(value)
        elif name.lower().endswith("authorization"):
            scheme, _, credentials = value.strip().partition(" ")
            yield name, (credentials or scheme).strip()
            if scheme.lower() == "basic":
                yield from _in_basic(credentials.strip())
        else:
            yield name, value.strip()


def _in_basic(credentials: str) -> Iterator[_Named]:
    """The password of RFC 7617, section 2; nothing when the credentials are not base64."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode("utf-8", "surrogateescape")
    except ValueError:
        return
    yield "password", decoded.partition(":")[2]


def _in_cookies(cookies: str) -> Iterator[_Named]:
    for pair in cookies.split(";"):
        name, equals, value = pair.strip().partition("=")
        bare = (value if equals else name).strip().strip('"')
        for spelling in (bare, unquote(bare)):
            yield (name if equals else ""), spelling


def _in_url(url: str) -> Iterator[_Named]:
    userinfo = _USERINFO.search(url)
    if userinfo is not None:
        yield "password", unquote(userinfo[1].partition(":")[2])
    for parameter in re.split("[?#&;]", url)[1:]:
        name, _, value = parameter.partition("=")
        if _SECRET_QUERY.fullmatch(unquote(name)):
            yield from ((name, spelling) for spelling in (value, unquote(value), unquote_plus(value)))


@cache
def _known(values: tuple[str, ...], short: tuple[_Named, ...]) -> tuple[re.Pattern[str], ...]:
    """Patterns of what is to be masked; a group holds the name that stays in front of it."""
    anywhere = [f"()(?:{'|'.join(map(_anyhow, values))})"] if values else []
    behind = [rf"(?<!\w)({re.escape(name)}(?:=|%3[dD])){_anyhow(value)}(?!\w)" for name, value in short]
    return tuple(map(re.compile, anywhere + behind))


def _anyhow(value: str) -> str:
    """A pattern for the value as it is, percent-encoded in any mixture (RFC 3986, section 2.1), or in a JSON string."""
    return "".join(map(_spellings, value))


def _spellings(char: str) -> str:
    encoded = "".join(
        f"%{''.join(f'[{digit.upper()}{digit}]' if digit.isalpha() else digit for digit in f'{byte:02x}')}"
        for byte in char.encode("utf-8", "surrogatepass")
    )
    options = [encoded, re.escape(char)]
    if char == " ":
        options.append(r"\+")
    if char in '"\\/':
        options.insert(0, r"\\" + re.escape(char))
    return f"(?:{'|'.join(options)})"


def _user(userinfo: str) -> str:
    user, colon, password = userinfo.partition(":")
    if not colon:
        return MASK
    return f"{user}:{MASK}" if password else userinfo


def _mask_header(name: str, value: str) -> str:
    lowered = name.lower()
    if lowered.endswith("cookie"):
        return _mask_cookies(value, attributes=lowered == "set-cookie")
    if lowered.endswith("authorization"):
        with_scheme = _CREDENTIALS.fullmatch(value)
        return f"{with_scheme[1]}{MASK}" if with_scheme else MASK
    return MASK


def _mask_cookies(text: str, *, attributes: bool) -> str:
    """Every cookie's value; behind the first pair of a Set-Cookie, attributes stay (RFC 6265, section 4.1.1)."""

    def masked(match: re.Match[str]) -> str:
        name, value = match.groups()
        is_attribute = attributes and match.start() > 0 and name.lower() in _COOKIE_ATTRIBUTES
        # Two Set-Cookie lines joined by a comma hide the second cookie in the first one's last attribute.
        return match[0] if is_attribute and "=" not in value else f"{name}={MASK}"

    return _COOKIE.sub(masked, text)


def _masked(value: Any, secrets: Secrets) -> Any:
    match value:
        case Enum():
            return value
        case str():
            return secrets.mask(value)
        case bytes():
            return secrets.mask(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        case [str() as name, str() as text] if _SECRET_HEADER.fullmatch(name):
            return type(value)((name, _field(name, text, secrets)))
        case list() | tuple():
            return type(value)(_masked(item, secrets) for item in value)
        case dict():
            return _members(value, secrets)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **_members({field.name: getattr(value, field.name) for field in fields(value)}, secrets))
    return value


def _members(members: dict[Any, Any], secrets: Secrets) -> dict[Any, Any]:
    masked = {key: _field(key, item, secrets) for key, item in members.items()}
    label = members.get("label", members.get("name"))
    if isinstance(label, str) and isinstance(members.get("value"), str):
        masked["value"] = _field(label.strip(), members["value"], secrets)
    return masked


def _field(name: Any, item: Any, secrets: Secrets) -> Any:
    """What stands behind a name; text behind a credentials header's name is a secret whatever it looks like."""
    if name in _OWN_WORDS and _is_words(item):
        return item
    if isinstance(name, str) and isinstance(item, str) and item:
        if name.lower() == "cookies":
            name = "cookie"
        if _SECRET_HEADER.fullmatch(name):
            bare_cookie = name.lower().endswith("cookie") and "=" not in item
            return MASK if bare_cookie else _mask_header(name, item)
    return _masked(item, secrets)


def _is_words(item: Any) -> bool:
    return isinstance(item, str) or (isinstance(item, list | tuple) and all(isinstance(part, str) for part in item))
