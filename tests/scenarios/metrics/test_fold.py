"""A folded batch leaves Locust's tables as its own `log_request` would, field by field."""

from __future__ import annotations

from collections.abc import Callable

COMPARED = """
import json, time
from locust import stats
from scenarios.metrics.fold import Fold

clock = [1_000_000_000.25]
time.time = lambda: clock[0]
steps = [
    [("WS", "connect", 3.2, 0), ("WS", "heartbeat", 0.4, 30), ("WS", "heartbeat", 120.7, 31)],
    [],
    [("WS", "heartbeat", 1234.5, 30), ("GET", "/api/bots", 15.0, 4000)],
    [("WS", "heartbeat", 0.0, 30)] * 100,
]

def fields(cached):
    one_by_one, folded, fold = stats.RequestStats(cached), stats.RequestStats(cached), Fold()
    for step in steps:
        clock[0] += 1.5
        for sample in step:
            one_by_one.log_request(*sample)
            fold.add(*sample)
        fold.into(folded)
    def plain(entry):
        return {name: repr(value) for name, value in vars(entry).items() if name != "stats"}
    def all_of(found):
        return {"total": plain(found.total), **{str(key): plain(entry) for key, entry in found.entries.items()}}
    return [all_of(one_by_one), all_of(folded)]

print(json.dumps([fields(True), fields(False)]))
"""

LISTENED = """
import json
import scenarios.metrics
from scenarios.metrics.recorder import Recorder
from argparse import Namespace
from locust.env import Environment
from locust.event import Events

def heard(every):
    environment = Environment(events=Events(), parsed_options=Namespace(wsdiag_events=every))
    events = []
    environment.events.request.add_listener(lambda name, exception, **_: events.append([name, repr(exception)]))
    recorder = Recorder()
    recorder.bind(environment)
    recorder.opened(0.01)
    recorder.beat(0.001, 10)
    recorder.failed("tcp-refused", 0.1)
    recorder.poll("GET", "/api/bots", 0.1, 4000)
    recorder.poll("GET", "/api/bots", 0.1, 9, code="http-404")
    return events

print(json.dumps([heard(False), heard(True)]))
"""


def test_every_field_of_every_entry_is_as_logged_one_by_one(in_locust: Callable) -> None:
    for one_by_one, folded in in_locust(COMPARED):
        assert set(folded) == {"total", "('connect', 'WS')", "('heartbeat', 'WS')", "('/api/bots', 'GET')"}
        for entry, fields in one_by_one.items():
            assert _rounded(folded[entry]) == _rounded(fields), entry


def test_failures_are_events_and_successes_only_when_asked_for(in_locust: Callable) -> None:
    by_default, every = in_locust(LISTENED)
    failures = [["connect", "WsFailure('tcp-refused')"], ["/api/bots", "RestFailure('http-404')"]]
    assert by_default == failures
    assert [name for name, _ in every] == ["connect", "heartbeat", "connect", "/api/bots", "/api/bots"]
    assert [event for event in every if event[1] != "None"] == failures


def _rounded(fields: dict[str, str]) -> dict[str, str]:
    """Sums of floats depend on their order in the last digit."""
    return {**fields, "total_response_time": f"{float(fields['total_response_time']):.6f}"}
