"""What holds for every run, whatever was seen in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diag.model import Severity, Verdict
from diag.recording import dump, load
from diag.rules import families, judge
from diag.seen import Seen
from reports import Options
from reports.json import render

UNFILLED = re.compile(r"\{(path|backend|page|page_host|host|proxy)\}")
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@MANY
@given(data=st.data())
def test_every_run_gets_a_report_with_at_most_one_cause(recordings, data: st.DataObject) -> None:
    recording = data.draw(recordings)
    report = judge(recording)
    page = recording.target.page_route.name
    causes = [item for item in report.findings if item.code == report.primary_cause and item.route in (page, None)]
    if report.primary_cause is None:
        assert report.verdict in (Verdict.HEALTHY, Verdict.UNKNOWN)
    else:
        assert causes == [report.findings[0]] == [report.primary]
        assert causes[0].degrades
        assert report.verdict in (Verdict.BROKEN, Verdict.DEGRADED)
    elsewhere = [item for item in report.findings if item.route not in (page, None)]
    assert all(item.severity is not Severity.ERROR for item in elsewhere)
    json.loads(render(report, Options(80, False)))


@MANY
@given(data=st.data())
def test_the_order_of_the_observations_does_not_matter(recordings, data: st.DataObject) -> None:
    recording = data.draw(recordings)
    shuffled = tuple(data.draw(st.permutations(recording.observations)))
    assert judge(recording) == judge(replace(recording, observations=shuffled))


@MANY
@given(data=st.data())
def test_a_run_is_judged_alike_from_its_recording(recordings, data: st.DataObject) -> None:
    recording = data.draw(recordings)
    again = load(dump(recording, masked=False))
    assert again == recording
    assert judge(again) == judge(recording)
    json.loads(render(judge(load(dump(recording, masked=True))), Options(80, False)))


@MANY
@given(data=st.data())
def test_every_finding_is_declared_evident_and_ready_to_paste(recordings, data: st.DataObject) -> None:
    recording = data.draw(recordings)
    seen = Seen(recording.target, recording.observations)
    for rule, codes in families().values():
        for finding in rule(seen):
            assert finding.code in codes
            assert finding.evidence
            assert finding.detail
            assert finding.route in (None, "proxy", "direct")
            texts = [finding.fix.summary, *(snippet.text for snippet in finding.fix.snippets)]
            assert not any(UNFILLED.search(text) for text in texts)
