"""What `wsdiag lab` prints."""

from __future__ import annotations

from diag.lab.fault import load_faults
from diag.lab.lab import Lab
from diag.lab.target import probe_command


def fault_list() -> str:
    """One line a fault: its name, where it is, what it does; 80 columns at most."""
    faults = load_faults().values()
    width = max(len(fault.name) for fault in faults)
    return "\n".join(f"{fault.name:{width}}  {fault.where:7}  {fault.summary}" for fault in faults)


def started(lab: Lab) -> str:
    """Where everything is, what is broken, and the line that examines it."""
    faults = [load_faults()[name] for name in lab.faults]
    lines = [f"page     {lab.origins.proxy}  (development proxy)", f"backend  {lab.origins.backend}"]
    lines += [f"fault    {fault.name}: the {fault.where} {fault.summary}" for fault in faults]
    return "\n".join([*lines, "", probe_command(lab.target()), "", "Ctrl-C stops it."])
