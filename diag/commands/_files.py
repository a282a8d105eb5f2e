"""Files that a command writes: checked before the run, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from diag.config.errors import ConfigError


def destination(text: str) -> str:
    """A path that can be written later; ValueError now, because a run that took a minute must not end without a
    place for its result."""
    path = Path(text)
    try:
        if path.is_dir():
            raise ValueError(f"{text} is a folder")
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent}")
        special = path.exists() and not path.is_file()
    except OSError as error:
        raise ValueError(f"{text}: {error.strerror}") from None
    if not os.access(path if special else path.parent, os.W_OK):
        raise ValueError(f"{text} cannot be written")
    return text


def write_file(file: str, text: str) -> None:
    """Writes UTF-8 in one step: a reader sees the old content or the new one, never a part. A device or a pipe
    (`/dev/stderr`) is written as it is, since it cannot be replaced. ConfigError when the system refuses."""
    path = Path(os.path.realpath(file))
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8", "replace")
            return
        _replace(path, text)
    except OSError as error:
        raise ConfigError(f"wsdiag: {file}: {error.strerror}") from None


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8", "replace")
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
