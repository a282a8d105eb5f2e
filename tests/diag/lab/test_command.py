from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from diag.commands.lab import command


@pytest.fixture
def running():
    """`wsdiag lab` in a process of its own, on free ports; its first line has been printed when it is returned."""
    started = []

    def start(*arguments):
        program = [sys.executable, "-c", "from diag.commands.lab import command; command()"]
        ports = ["--port-backend", "0", "--port-proxy", "0"]
        process = subprocess.Popen(
            [*program, *ports, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, process.stdout.readline()

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "TERM"])
@pytest.mark.parametrize("faults", [(), ("--fault", "incident", "--fault", "upstream-down")], ids=["healthy", "broken"])
def test_a_signal_ends_it_cleanly(running, wire, stop, faults):
    process, first = running(*faults)
    port = int(first.split()[1].rpartition(":")[2])
    assert wire.exchange(port, path="/").status == 200

    process.send_signal(stop)

    assert process.wait(20) == 0
    assert process.stderr.read() == ""
    assert "\nwsdiag probe ws://localhost:" in process.stdout.read()


def test_a_signal_ends_it_while_a_session_is_open(running, wire):
    process, first = running()
    page = first.split()[1]
    session = wire.session(f"ws{page.removeprefix('http')}/ws", page)
    session.until("connection:established")

    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 0
    session.end()


def test_the_list_names_the_faults():
    result = CliRunner().invoke(command, ["--list"])

    assert result.exit_code == 0
    assert "\nincident " in result.stdout


def test_an_unknown_fault_is_one_line():
    result = CliRunner().invoke(command, ["--fault", "incidnt"])

    assert result.exit_code == 2
    assert result.output == "Error: no fault is named incidnt; did you mean incident?\n"


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["--port-proxy", str(port), "--port-backend", "0"])

    assert result.exit_code == 2
    assert result.output == f"Error: port {port} on 127.0.0.1 cannot be used: address already in use\n"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_cannot_be_is_a_usage_error(port):
    assert CliRunner().invoke(command, ["--port-proxy", port]).exit_code == 2


def test_signals_are_as_before_afterwards():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    CliRunner().invoke(command, ["--fault", "no-such"])

    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_importing_the_command_loads_no_server():
    program = (
        "import diag.commands.lab, sys; print([m for m in ('uvicorn', 'starlette', 'asyncio') if m in sys.modules])"
    )

    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert output == "[]\n"
