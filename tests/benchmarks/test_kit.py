"""What the benchmark kit prints, and where it is looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.holding import agrees
from benchmarks.kit import VARIABLE, KitError, folder, read


def printed(*runs: dict[str, object], **sides: object) -> str:
    return json.dumps({"kind": "push", "sessions": 500, "runs": runs, **sides})


def test_medians_come_with_the_doubts_of_single_runs() -> None:
    late = "the target was up to 80 ms late: distrust latencies"
    done = read(
        printed(
            {"side": "A", "name": "wsdiag load …", "repeat": 1, "notes": []},
            {"side": "A", "name": "wsdiag load …", "repeat": 2, "notes": [late]},
            {"side": "B", "name": "tsung", "repeat": 1, "notes": ["77% of the asked rate"]},
            A={"median": {"cpu_s_per_100k": 1.8}},
            B={"median": {"cpu_s_per_100k": 3.0}},
        )
    )

    assert (done.ours, done.peer) == ({"cpu_s_per_100k": 1.8}, {"cpu_s_per_100k": 3.0})
    assert done.doubts == (
        f"push, 500 sessions, wsdiag, run 2: {late}",
        "push, 500 sessions, tsung, run 1: 77% of the asked rate",
    )


def test_a_side_whose_runs_all_failed_has_no_figures() -> None:
    failed = {"side": "B", "name": "tsung", "repeat": 1, "notes": ["the generator ended early, exit code 1"]}

    done = read(printed(failed, A={"median": {"cpu_s_per_100k": 1.8}}))

    assert done.peer == {}
    assert len(done.doubts) == 1


def test_a_measurement_that_could_not_begin_prints_nothing() -> None:
    assert read("\n").ours == {}


def test_the_kit_is_where_the_option_says_and_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, exported = tmp_path / "given", tmp_path / "exported"
    for kit in (given, exported):
        kit.mkdir()
        (kit / "measure.py").touch()
    monkeypatch.setenv(VARIABLE, str(exported))

    assert folder(str(given)) == given
    assert folder(None) == exported


def test_a_folder_without_the_kit_is_named(tmp_path: Path) -> None:
    with pytest.raises(KitError, match=f"no benchmark kit in {tmp_path}: give --kit DIR, or set {VARIABLE}"):
        folder(str(tmp_path))


@pytest.mark.parametrize(
    ("sessions", "held"),
    [
        pytest.param({"opened": 3, "peak_open": 3, "failed": 0, "dropped": 0}, True, id="all of them"),
        pytest.param({"opened": 3, "peak_open": 3, "failed": 0, "dropped": 1}, False, id="one was dropped"),
        pytest.param({"opened": 3, "peak_open": 3, "failed": 1, "dropped": 0}, False, id="one failed at first"),
        pytest.param({"opened": 4, "peak_open": 3, "failed": 0, "dropped": 0}, False, id="one came back"),
        pytest.param({"opened": 3, "peak_open": 2, "failed": 0, "dropped": 0}, False, id="never all at once"),
    ],
)
def test_the_result_of_wsdiag_must_agree(sessions: dict[str, int], *, held: bool) -> None:
    assert agrees({"sessions": sessions}, 3) is held
