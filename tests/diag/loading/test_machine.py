"""What this machine is asked: descriptors, CPU time, the lab as a process."""

from __future__ import annotations

import os
import resource

import pytest

from diag.config.errors import ConfigError
from diag.loading import cpu, descriptors, lab


def test_the_fullest_process_counts() -> None:
    assert descriptors.needed(10, 3, 2) == 4 * 2 + descriptors.OWN


def test_what_fits_raises_the_soft_limit_only_as_far_as_it_must() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert descriptors.shortage(200) is None
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 256
        assert descriptors.shortage(300) is None
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_does_not_fit_is_said_with_the_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    problem = descriptors.shortage(hard + 1)
    assert problem is not None
    assert f"may have {hard};" in problem
    assert f"ulimit -n {hard + 1}" in problem


def test_cpu_time_is_added_up_over_processes() -> None:
    own = cpu.seconds([os.getpid()])
    assert own is not None
    assert own > 0
    assert (cpu.seconds([os.getpid(), os.getpid()]) or 0) >= 2 * own


def test_a_process_that_is_gone_has_no_cpu_time() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    assert cpu.seconds([os.getpid(), child]) is None


def test_the_lab_runs_beside_us_and_goes_with_the_block() -> None:
    with lab.running(["close-1008"]) as running:
        assert running.target.page.startswith("http://localhost:")
        assert running.pid != os.getpid()
        assert cpu.seconds([running.pid]) is not None
    assert cpu.seconds([running.pid]) is None


def test_a_fault_that_does_not_exist_is_said_in_one_line() -> None:
    with pytest.raises(ConfigError, match="no fault is named no-such"), lab.running(["no-such"]):
        pass


def test_a_child_gets_no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSDIAG_URL", "ws://elsewhere.test/")
    monkeypatch.setenv("LOCUST_USERS", "7")
    assert not [name for name in lab.environment() if name.startswith(("WSDIAG_", "LOCUST_"))]
