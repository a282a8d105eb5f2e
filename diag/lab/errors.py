"""What starting the lab can raise: one line for the user, exit code 2."""

from __future__ import annotations

import click


class LabError(click.ClickException):
    """The lab cannot start as asked."""

    exit_code = 2


class PortInUseError(LabError):
    """Something else listens on a port that was asked for."""


class UnknownFaultError(LabError):
    """No fault has this name; the text names those that are close."""
