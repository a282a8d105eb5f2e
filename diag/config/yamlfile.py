"""Reading a YAML file as a tree of entries that know their line, within bounds that no honest file reaches.

The node tree is walked as it was composed and never constructed: no tag can make an object, and a wrong value can name
the line on which it stands. JSON is YAML too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from diag.config.errors import ConfigError, printable, quoted, suggestion

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
MAX_EVENTS = 20_000

T = TypeVar("T")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_NOUNS = {"int": "a number", "float": "a number", "bool": "a boolean", "null": "empty", "timestamp": "a date"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the file: `file` as the user named it, `path` like `client.heartbeat.interval`."""

    node: yaml.Node
    file: str
    path: str = ""

    def error(self, why: str) -> ConfigError:
        """A ConfigError that says where: file, line and path."""
        return _error(self.file, _line(self.node), f"{self.path}: {why}" if self.path else why)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single value, neither a mapping nor a list."""
        return isinstance(self.node, yaml.ScalarNode)

    def mapping(self) -> dict[str, Entry]:
        """The values by key; a key that stands there twice is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"must be a mapping, not {self._kind()}")
        entries: dict[str, Entry] = {}
        lines: dict[str, int] = {}
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Entry(key, self.file, self.path).error("a key must be a word")
            entry = Entry(value, self.file, f"{self.path}.{printable(key.value[:60])}".removeprefix("."))
            if key.value in entries:
                first = f"is set twice (first on line {lines[key.value]})"
                raise Entry(key, self.file, entry.path).error(first)
            entries[key.value] = entry
            lines[key.value] = _line(key)
        return entries

    def section(self, *known: str) -> dict[str, Entry]:
        """The values by key, which must be among the known ones. A key without a value counts as absent."""
        entries = self.mapping()
        for key in entries:
            if key not in known:
                hint = suggestion(key, known) or f"; there are {', '.join(known)}"
                raise Entry(self._key_node(key), self.file, self.path).error(f"unknown key {quoted(key)}{hint}")
        return {key: entry for key, entry in entries.items() if entry._tag() != "null"}

    def items(self) -> list[Entry]:
        """The values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"must be a list, not {self._kind()}")
        return [Entry(node, self.file, f"{self.path}[{index}]") for index, node in enumerate(self.node.value)]

    def text(self) -> str:
        """A string on one line. A number or a word like `on` must be quoted, because YAML would read it otherwise."""
        if self._tag() != "str":
            quote = " (put it in quotes)" if self.is_scalar and self.node.value else ""
            raise self.error(f"must be text, not {self._kind()}{quote}")
        value = str(self.node.value)
        if any(ord(char) < 0x20 or ord(char) == 0x7F or 0xD800 <= ord(char) < 0xE000 for char in value):
            raise self.error("must be one line of text without control characters")
        return value

    def parsed(self, parse: Callable[[str], T]) -> T:
        """A scalar in a notation of its own, such as a duration; what `parse` refuses is an error of this line."""
        if not self.is_scalar or self._tag() == "null":
            raise self.error(f"must be a value, not {self._kind()}")
        try:
            return parse(str(self.node.value))
        except ValueError as error:
            raise self.error(str(error)) from None

    def boolean(self) -> bool:
        """true or false."""
        if self._tag() != "bool":
            raise self.error(f"must be true or false, not {self._kind()}")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def integer(self, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self.node.value
        if self._tag() != "int" or not str(value).isdecimal() or not least <= int(str(value)[:20]) <= most:
            raise self.error(f"must be a whole number from {least} to {most}")
        return int(value)

    def plain(self) -> Any:
        """The value as JSON would have it; the file's bounds keep it small."""
        if isinstance(self.node, yaml.MappingNode):
            return {key: entry.plain() for key, entry in self.mapping().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [entry.plain() for entry in self.items()]
        if self._tag() not in ("null", "bool", "int", "float"):
            return self.node.value
        try:
            return yaml.constructor.SafeConstructor().construct_object(self.node)
        except (ValueError, yaml.YAMLError):
            raise self.error("is a number that cannot be read") from None

    def _tag(self) -> str:
        return self.node.tag.removeprefix(_PREFIX)

    def _kind(self) -> str:
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return _NOUNS.get(self._tag(), "text")

    def _key_node(self, name: str) -> yaml.Node:
        keys: list[yaml.Node] = [key for key, _ in self.node.value if key.value == name]
        return keys[0]


def read(path: Path, name: str) -> Entry | None:
    """The file's root, or None when it holds nothing. `name` is how messages call the file.

    ConfigError for a file that cannot be read, is larger than MAX_BYTES, is not UTF-8 or not YAML, has aliases (a few
    lines of them can stand for gigabytes), or exceeds MAX_DEPTH or MAX_EVENTS.
    """
    return parse(_decoded(_bytes(path, name), name), name)


def parse(text: str, name: str) -> Entry | None:
    """The same for what has been read already."""
    try:
        _check_bounds(text, name)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in (error.problem or ""):  # libyaml's own bound, which its look-ahead can reach before ours
            raise _error(name, mark.line + 1 if mark else 1, "is nested too deeply") from None
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise _error(name, mark.line + 1 if mark else 1, f"is not YAML: {what}") from None
    except yaml.YAMLError:
        raise _error(name, _unprintable_line(text), "is not YAML: it has control characters") from None
    return None if node is None else Entry(node, name)


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name}: is larger than 1 MiB")
    return data


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(name, data.count(b"\n", 0, error.start) + 1, "is not UTF-8") from None


def _check_bounds(text: str, name: str) -> None:
    """The parser works on demand, so a hostile file is dropped where it first exceeds a bound, before the composer,
    which recurses, sees it."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.AliasEvent):
            raise _error(name, _line(event), f"aliases (*{printable(str(event.anchor))}) are not read here")
        if depth > MAX_DEPTH or count > MAX_EVENTS:
            raise _error(name, _line(event), "is nested too deeply" if depth > MAX_DEPTH else "has too many values")


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _error(file: str, line: int, why: str) -> ConfigError:
    return ConfigError(f"{file}:{line}: {why}")


def _unprintable_line(text: str) -> int:
    bad = yaml.reader.Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, bad.start()) + 1 if bad else 1
