"""The commands, one module each, found by listing this folder; a module exports its click command as `command`.

A module that starts with an underscore, and `options`, is shared by commands and is none itself.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
from pathlib import Path

import click


def names() -> tuple[str, ...]:
    """The commands that exist, sorted; nothing is imported for it."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_") and name != "options"))


def command(name: str) -> click.Command:
    """The command of that name, imported now; TypeError when its module does not export one."""
    exported = getattr(importlib.import_module(f"{__name__}.{name}"), "command", None)
    if not isinstance(exported, click.Command):
        raise TypeError(f"diag/commands/{name}.py does not export `command`, a click command")
    return exported


def summary(name: str) -> str:
    """The first line of a command module's docstring, without importing the module."""
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
