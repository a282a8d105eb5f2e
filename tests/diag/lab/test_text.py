from __future__ import annotations

import shlex
from itertools import pairwise

import pytest

from diag.lab.fault import load_faults
from diag.lab.target import probe_command
from diag.lab.text import fault_list, started


def values(words, flag):
    return [word for name, word in pairwise(words) if name == flag]


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
    assert values(words, "--page") == [target.page]
    assert values(words, "--expect") == list(target.expect)
    assert values(words, "--api") == [request.url for request in target.api]
    assert values(words, "--api-header") == ["X-Requested-With: XMLHttpRequest"]
