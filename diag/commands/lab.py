"""Start the reference system, healthy or broken on purpose."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from diag.commands._help import Command

_PORT = click.IntRange(0, 65535)
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


@click.command("lab", cls=Command)
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Break the lab in this way. Repeatable.")
@click.option("--list", "wants_list", is_flag=True, help="Name the faults, and start nothing.")
@click.option("--port-backend", type=_PORT, default=3000, show_default=True, metavar="N", help="0: any free port.")
@click.option("--port-proxy", type=_PORT, default=5173, show_default=True, metavar="N", help="0: any free port.")
def command(faults: tuple[str, ...], wants_list: bool, port_backend: int, port_proxy: int) -> None:
    """Start the reference system, healthy or broken on purpose.

    A backend and a development proxy with a page, as in the incident, on loopback. Ctrl-C stops them.
    """
    from diag.lab import Lab, text  # noqa: PLC0415 - starlette and uvicorn

    if wants_list:
        click.echo(text.fault_list())
        return
    with _stop_signals_held(), Lab(faults, port_backend, port_proxy) as lab:
        click.echo(text.started(lab))
        signal.sigwait(_STOP_SIGNALS)


@contextmanager
def _stop_signals_held() -> Iterator[None]:
    """Blocks them for this thread and those it starts, so that they end the wait and can interrupt nothing else."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        yield
    finally:
        while signal.sigpending() & _STOP_SIGNALS:  # an impatient second Ctrl-C
            signal.sigwait(_STOP_SIGNALS)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
