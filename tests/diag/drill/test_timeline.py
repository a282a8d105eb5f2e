from __future__ import annotations

from pathlib import Path

import pytest

from diag.config.errors import ConfigError
from diag.drill import timeline
from diag.drill.notation import Step, written_step
from diag.drill.timeline import Timeline, faster, load, shifted
from diag.faultproxy.fault import Bandwidth, BlackHole, CloseWith, Fault, Flap, Latency, Refuse, Reset, Restart


def test_the_shipped_ones_are_named_and_say_what_they_do() -> None:
    assert timeline.names() == ("accept-then-drop", "blip", "deploy", "flap", "wifi-roam")
    assert all(load(name).summary and load(name).ends_s < 60 for name in timeline.names())


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("blip", (Step(5.0, Reset()), Step(5.0, Refuse(), 2.0))),
        ("deploy", (Step(5.0, Restart(), 15.0),)),
        ("wifi-roam", (Step(5.0, BlackHole(), 20.0),)),
    ],
)
def test_what_the_shipped_ones_do(name: str, steps: tuple[Step, ...]) -> None:
    assert load(name).steps == steps


def test_a_file_is_a_list_of_steps_in_any_order(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("- {at: 5s, do: black-hole, for: 20s}\n- {do: close, code: 1011}\n", "utf-8")

    assert load(str(file)) == Timeline(str(file), (Step(0.0, CloseWith(1011)), Step(5.0, BlackHole(), 20.0)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", ": has no steps (- {at: 5s", id="empty"),
        pytest.param("[]", ":1: steps: has no steps", id="an empty list"),
        pytest.param("summary: nothing", ":1: has no steps", id="only a summary"),
        pytest.param("stepps: []", ':1: unknown key "stepps"; did you mean steps?', id="a slip in a key"),
        pytest.param("- {at: 1s, do: reset}\n- {at: 5, do: reset}", ':2: steps[1].at: "5" has no unit', id="no unit"),
        pytest.param("- {at: 1s}", ":1: steps[0]: has no do (one of refuse, reset", id="does nothing"),
        pytest.param("- do: explode", ':1: steps[0].do: no fault is named "explode"', id="no such fault"),
        pytest.param("- {do: restrat}", "did you mean restart or reset?", id="a slip in a fault"),
        pytest.param("- do: restart\n  fro: 3s", ':2: steps[0]: unknown key "fro"; did you mean for?', id="a slip"),
        pytest.param("- {do: restart}", ":1: steps[0]: restart lasts: say for how long (for: 20s)", id="no end"),
        pytest.param("- {do: restart, for: 0s}", 'for: "0s" must be more than 0s', id="no time at all"),
        pytest.param("- {do: close, code: 99}", ':1: steps[0].code: "99" is not a close code', id="a bad code"),
        pytest.param("- {do: latency, for: 1s}", ":1: steps[0]: latency needs its delay", id="something missing"),
        pytest.param("- reset", ":1: steps[0]: must be a mapping, not text", id="a word"),
        pytest.param("- {", ":2: is not YAML: ", id="no YAML"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(str(file))

    assert caught.value.message.startswith(str(file))
    assert why in caught.value.message
    assert "\n" not in caught.value.message


def test_a_name_that_is_none_is_met_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match='no timeline is named "deplyo"; did you mean deploy'):
        load("deplyo")
    with pytest.raises(ConfigError, match="there are accept-then-drop, blip"):
        load("xyz")
    with pytest.raises(ConfigError, match=r"no/such\.yaml: cannot be read"):
        load("no/such.yaml")


def test_what_is_in_force_at_each_moment() -> None:
    found = Timeline("", tuple(map(written_step, ("reset,at=5s", "refuse,at=5s,for=2s", "black-hole,at=6s,for=4s"))))

    assert found.moments() == (5.0, 6.0, 7.0, 10.0)
    assert [found.faults_at(moment) for moment in found.moments()] == [
        (Reset(), Refuse()),
        (Refuse(), BlackHole()),
        (BlackHole(),),
        (),
    ]
    assert found.ends_s == 10.0
    assert shifted(found, 1.5).moments() == (6.5, 7.5, 8.5, 11.5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Latency(0.5, 0.1), Latency(0.05, 0.01)),
        (Bandwidth(100.0), Bandwidth(1000.0)),
        (Flap(20.0, 10.0), Flap(2.0, 1.0)),
        (Restart(), Restart()),
    ],
)
def test_a_faster_world(fault: Fault, expected: Fault) -> None:
    assert faster(fault, 10.0) == expected
