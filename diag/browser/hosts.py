"""Host names as a browser reads them: the host parser of the URL Standard §3.5, and who is loopback or private."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

AddressSpace = Literal["loopback", "local", "public"]

# Forbidden domain code points, URL Standard §3.2. Chromium lets a blank pass, which the Standard forbids.
_FORBIDDEN = re.compile(r"[\x00-\x1f#%/:<>?@\[\\\]^|\x7f]")
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?$")
_NEVER_IN_LABELS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zs"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")
_IGNORED = re.compile("[\u00ad\u034f\u180b-\u180d\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]")
# Local Network Access §3.1, as Chromium has it.
_LOCAL_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::/128",
        "2001:db8::/32", "fc00::/7", "fe80::/9",
    )
)  # fmt: skip


def parse_host(text: str) -> str | None:
    """Normalise the host of a special URL: lower case, IPv4 shorthands written out; None when it is invalid."""
    if text.startswith("["):
        return _parse_ipv6(text)
    name = _to_ascii(unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace"))
    if not name or _FORBIDDEN.search(name):
        return None
    return _parse_ipv4(name) if _ENDS_IN_NUMBER.search(name) else quote(name, safe="!$&'()*+,;=")


def is_loopback(host: str) -> bool:
    """Tell whether a normalised host is this machine whatever DNS says: 127/8, ::1, localhost, *.localhost."""
    name = host.removesuffix(".")
    return name == "localhost" or name.endswith(".localhost") or address_space(host) == "loopback"


def is_local_by_name(host: str) -> bool:
    """Tell whether the name alone shows a target on the local network: a private address, or multicast DNS."""
    name = host.removesuffix(".")
    return name == "local" or name.endswith(".local") or address_space(host) == "local"


def address_space(host: str) -> AddressSpace | None:
    """Return the address space of an IP literal (Local Network Access §3.1); None for a name, which DNS decides."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return "loopback"
    return "local" if any(address in network for network in _LOCAL_NETWORKS) else "public"


def _parse_ipv6(text: str) -> str | None:
    if not text.endswith("]") or "%" in text:
        return None
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        return None
    if address.ipv4_mapped:
        # Python prints these dotted, browsers in hex.
        high, low = divmod(int(address) & 0xFFFFFFFF, 0x10000)
        return f"[::ffff:{high:x}:{low:x}]"
    return f"[{address.compressed}]"


def _parse_ipv4(name: str) -> str | None:
    """Parse 127.1, 0x7f.1, 2130706433 (URL Standard §3.5, IPv4 parser)."""
    parts = name.removesuffix(".").split(".")
    if len(parts) > 4:
        return None
    numbers = [_ipv4_number(part) for part in parts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(parts) or any(number > 255 for number in known[:-1]) or known[-1] >= 256 ** (5 - len(known)):
        return None
    value = known[-1] + sum(number << 8 * (3 - index) for index, number in enumerate(known[:-1]))
    return str(ipaddress.IPv4Address(value))


def _ipv4_number(part: str) -> int | None:
    if not re.fullmatch(r"0[xX][0-9A-Fa-f]*|[0-9]+", part):
        return None
    try:
        if part[:2] in {"0x", "0X"}:
            return int(part[2:] or "0", 16)
        return int(part, 8) if len(part) > 1 and part[0] == "0" else int(part)
    except ValueError:
        return None


def _to_ascii(name: str) -> str | None:
    """Apply domain to ASCII (URL Standard §3.3) with the tables Python has; Chromium checks no all-ASCII name."""
    if name.isascii():
        return name.lower()
    mapped = unicodedata.normalize("NFKC", _IGNORED.sub("", name)).casefold()
    mapped = unicodedata.normalize("NFKC", _OTHER_DOTS.sub(".", mapped))
    labels = [_label(label) for label in mapped.split(".")]
    return None if None in labels else ".".join(label for label in labels if label is not None)


def _label(label: str) -> str | None:
    if label.isascii():
        return label
    categories = [unicodedata.category(char) for char in label]
    if label.startswith("xn--") or categories[0].startswith("M") or not _NEVER_IN_LABELS.isdisjoint(categories):
        return None
    directions = [unicodedata.bidirectional(char) for char in label]
    if not _RIGHT_TO_LEFT.isdisjoint(directions) and (directions[0] not in {"R", "AL"} or "L" in directions):
        return None
    return "xn--" + label.encode("punycode").decode("ascii")
