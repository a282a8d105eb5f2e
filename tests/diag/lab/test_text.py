from __future__ import annotations

import shlex

import pytest

from diag.lab.fault import load_faults
from diag.lab.target import probe_command
from diag.lab.text import fault_list, started


def test_the_list_has_one_line_a_fault_that_fits_a_terminal():
    lines = fault_list().splitlines()

    assert [line.split()[0] for line in lines] == list(load_faults())
    assert all(len(line) <= 80 for line in lines)


def test_what_was_started_says_where_and_what_is_broken(wire):
    lab = wire.lab("no-updates", "strip-upgrade")

    text = started(lab)

    assert f"http://localhost:{lab.proxy_port}" in text
    assert f"http://localhost:{lab.backend_port}" in text
    assert "fault    no-updates: the backend pushes nothing" in text
    assert "fault    strip-upgrade: the proxy forwards without" in text
    assert probe_command(lab.target()) in text.splitlines()


@pytest.mark.parametrize(
    ("faults", "other"),
    [pytest.param((), "--direct", id="healthy"), pytest.param(("incident",), "--proxy", id="incident")],
)
def test_the_probe_line_names_the_whole_target(wire, faults, other):
    target = wire.lab(*faults).target()

    words = shlex.split(probe_command(target))

    assert words[:4] == ["wsdiag", "probe", target.url, other]
    assert words[words.index("--page") + 1] == target.page
    assert [word for flag, word in zip(words, words[1:], strict=False) if flag == "--expect"] == list(target.expect)
    assert [word for flag, word in zip(words, words[1:], strict=False) if flag == "--api"] == [
        request.url for request in target.api
    ]
    assert words[words.index("--api-header") + 1] == "X-Requested-With: XMLHttpRequest"
