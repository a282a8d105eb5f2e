"""The lab: the incident's system, backend and development proxy, in this process, with switchable faults."""

from __future__ import annotations

from diag.lab.errors import LabError, PortInUseError, UnknownFaultError
from diag.lab.lab import Lab

__all__ = ["Lab", "LabError", "PortInUseError", "UnknownFaultError"]
