"""The dialects' files: one YAML file each, found by listing this folder."""

from __future__ import annotations

from functools import cache
from importlib import resources

from diag.dialects import schema
from diag.dialects.dialect import Dialect

_FOLDER = resources.files("diag.dialects")


class UnknownDialectError(ValueError):
    """No such dialect; the text names those that exist."""


def names() -> tuple[str, ...]:
    """The dialects that exist, sorted."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml")))


@cache
def load(name: str) -> Dialect:
    """The dialect of that name; UnknownDialectError when there is none, TypeError when its file is mistyped."""
    import yaml  # noqa: PLC0415 - a quarter of the command line's start

    if name not in names():
        raise UnknownDialectError(f"unknown dialect {name!r}; there are {', '.join(names())}")
    return schema.dialect(name, yaml.safe_load(_FOLDER.joinpath(f"{name}.yaml").read_text("utf-8")))
