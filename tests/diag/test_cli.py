from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from diag import __version__, commands
from diag.cli import cli

HEAVY = ("httpx", "ssl", "asyncio", "rich", "yaml", "starlette", "locust", "gevent")
WSDIAG = "from diag.cli import main; main()"


def wsdiag(
    *args: str, code: str = WSDIAG, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def with_command(folder: Path, body: str) -> str:
    """A program whose command folder also holds `boom`, which does what `body` says."""
    source = f'"""Does something."""\nimport click\n\n@click.command()\ndef command():\n    {body}\n'
    (folder / "boom.py").write_text(source, "utf-8")
    return f"import diag.commands; diag.commands.__path__.append({str(folder)!r}); {WSDIAG}"


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["explain", "tcp-refused"], ["explain", "--help"]])
def test_what_needs_no_network_loads_none_of_it(args: list[str]) -> None:
    code = (
        "import atexit, sys; from diag.cli import main; "
        f"atexit.register(lambda: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)); main()"
    )
    done = wsdiag(*args, code=code)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_version() -> None:
    assert wsdiag("--version").stdout == f"wsdiag {__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_groups_help_lists_every_command_with_its_first_line(flag: str) -> None:
    shown = CliRunner().invoke(cli, [flag])
    assert shown.exit_code == 0
    for name in commands.names():
        assert f"\n  {name} " in shown.stdout
        assert commands.summary(name).split()[0] in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_the_commands_are_the_public_modules_of_their_folder() -> None:
    found = commands.names()
    assert {"probe", "judge", "explain"} <= set(found)
    assert not any(name.startswith("_") or name == "options" for name in found)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", commands.names())
def test_every_command_explains_itself_in_80_columns(name: str, flag: str) -> None:
    shown = CliRunner().invoke(cli, [name, flag])
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: wsdiag {name}")
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", commands.names())
def test_a_commands_docstring_is_a_sentence(name: str) -> None:
    assert commands.summary(name).endswith(".")


def test_without_a_command_the_help_goes_to_stderr() -> None:
    done = wsdiag()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: wsdiag")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param(["prob"], "wsdiag: there is no command prob; did you mean probe?", id="near-command"),
        pytest.param(["zzzzzz"], "wsdiag: there is no command zzzzzz; see wsdiag --help", id="unknown-command"),
        pytest.param(["\x1b[31m"], "wsdiag: there is no command \\x1b[31m; see wsdiag --help", id="escape-sequence"),
        pytest.param(["ws://u:pw@h/"], "wsdiag: a URL needs a command; did you mean wsdiag probe URL?", id="url"),
        pytest.param(["--nope"], "wsdiag: no such option", id="group-option"),
        pytest.param(["probe", "--nope"], "wsdiag: no such option", id="option"),
        pytest.param(["probe", "--timeout"], "wsdiag: option '--timeout' requires an argument.", id="no-value"),
        pytest.param(["probe", "--timeout", "abc"], 'wsdiag: --timeout: "abc" is not a duration', id="bad-value"),
        pytest.param(["probe", "ftp://h/"], 'wsdiag: URL: "ftp://h/": unknown scheme "ftp"', id="bad-argument"),
        pytest.param(["probe", "ws://h/", "x"], "wsdiag: got unexpected extra argument", id="two-urls"),
        pytest.param(["probe", "--fail-on", "x"], "wsdiag: --fail-on: 'x' is not one of", id="choice"),
        pytest.param(["probe", "ws://h/\n"], 'wsdiag: URL: "ws://h/\\n": blanks and control', id="line-end"),
        pytest.param(["judge"], "wsdiag: missing argument 'FILE...'.", id="missing-argument"),
        pytest.param(["explain", "no-such"], 'wsdiag: there is no code "no-such"', id="code"),
    ],
)
def test_a_usage_error_is_one_line_on_stderr_and_exit_2(args: list[str], line: str) -> None:
    shown = CliRunner().invoke(cli, args)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith(line)
    assert shown.stderr.count("\n") == 1


def test_a_bad_variable_is_named_as_such() -> None:
    shown = CliRunner().invoke(cli, ["probe"], env={"WSDIAG_TIMEOUT": "soon"})
    assert (shown.exit_code, shown.stderr) == (
        2,
        'wsdiag: WSDIAG_TIMEOUT: "soon" is not a duration (like 500ms, 5s, 1m)\n',
    )


def test_a_defect_of_ours_is_one_line_and_exit_3(tmp_path: Path) -> None:
    code = with_command(tmp_path, "raise KeyError('a\\nb')")
    done = wsdiag("boom", code=code)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("wsdiag: internal error: KeyError: ")
    assert done.stderr.endswith("; run with WSDIAG_DEBUG=1 for the traceback\n")
    assert done.stderr.count("\n") == 1
    assert "Traceback" in wsdiag("boom", code=code, WSDIAG_DEBUG="1").stderr


def test_a_command_that_does_not_keep_its_side_is_a_defect_of_ours(tmp_path: Path) -> None:
    (tmp_path / "boom.py").write_text('"""Nothing."""\n', "utf-8")
    done = wsdiag("boom", code=f"import diag.commands; diag.commands.__path__.append({str(tmp_path)!r}); {WSDIAG}")
    assert done.returncode == 3
    assert "does not export `command`" in done.stderr


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("raise KeyboardInterrupt", 130, id="ctrl-c"),
        pytest.param("return 1", 1, id="an-int-is-the-code"),
        pytest.param("return None", 0, id="nothing"),
        pytest.param("raise SystemExit(3)", 3, id="exit"),
        pytest.param("click.get_current_context().exit(1)", 1, id="context-exit"),
        pytest.param("raise click.ClickException('no')", 2, id="error-of-click"),
        pytest.param("raise BrokenPipeError", 0, id="broken-pipe"),
    ],
)
def test_how_a_command_ends_is_how_the_process_ends(tmp_path: Path, body: str, code: int) -> None:
    done = wsdiag("boom", code=with_command(tmp_path, body))
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_gone_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = wsdiag("explain", stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = wsdiag("explain", stdout=full.fileno())
    assert (done.returncode, done.stderr) == (2, "wsdiag: stdout: No space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_encoding_that_cannot_show_a_character_gets_a_replacement(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WSDIAG, "explain", "tcp-refused"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_closed_streams_are_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "{sys.executable}" -c "{WSDIAG}" explain tcp-refused >&- 2>&-'], check=False, timeout=60
    )
    assert done.returncode == 0


def test_the_shell_completes_commands_and_options() -> None:
    done = wsdiag(_WSDIAG_COMPLETE="bash_complete", COMP_WORDS="wsdiag pro", COMP_CWORD="1")
    assert "plain,probe" in done.stdout
    done = wsdiag(_WSDIAG_COMPLETE="bash_complete", COMP_WORDS="wsdiag probe --dir", COMP_CWORD="2")
    assert "plain,--direct" in done.stdout
