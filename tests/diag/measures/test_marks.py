from __future__ import annotations

import pytest

from diag.measures.marks import Marks, marks_of, sequence_of


@pytest.mark.parametrize(
    ("body", "marks"),
    [
        pytest.param(
            b'{"bots": [{"lastUpdate": 1795393666594}, {"lastUpdate":1795393666001}], "sequence": 7, '
            b'"timestamp": 1795393699999}',
            Marks(7, 1795393666.594),
            id="the newest change, not when the answer was made",
        ),
        pytest.param(b'{"timestamp":1795393666942}', Marks(None, 1795393666.942), id="when it was made, if no more"),
        pytest.param(b'{"seq":0,"sentAt":1795393666500.0}', Marks(0, 1795393666.5), id="with a fraction"),
        pytest.param(b'{"last_updated_at": 1795393666, "updated_at": 1}', Marks(None, 1795393666.0), id="in seconds"),
        pytest.param(b'{"services":[{"lastCheckAt":1795393666964}]}', Marks(None, 1795393666.964), id="a check"),
        pytest.param(b'{"sequence": 3, "older": {"sequence": 2}}', Marks(3), id="the largest number"),
        pytest.param(b'{"text": "\\"sequence\\": 9, \\"timestamp\\": 5"}', Marks(), id="not inside of a string"),
        pytest.param(b'{"sequence": "7", "timestamp": "2026-11-22T00:00:00Z"}', Marks(), id="not as text"),
        pytest.param(b'{"consequence": 7, "lastName": 5, "updatedAtAll": 5}', Marks(), id="not part of a name"),
        pytest.param(b'{"sequence": 1795393666942179539366694217953936669421}', Marks(), id="not an endless number"),
        pytest.param(b"\xff\x00", Marks(), id="no JSON at all"),
        pytest.param(b"", Marks(), id="nothing"),
    ],
)
def test_marks(body: bytes, marks: Marks) -> None:
    assert marks_of(body) == marks


@pytest.mark.parametrize(
    ("message", "sequence"),
    [
        pytest.param(b'{"type":"a","data":{"sequence": 12}}', 12, id="wherever it stands"),
        pytest.param(b'{"seq":0}', 0, id="zero"),
        pytest.param(b'{"sequenced":1,"seqs":2}', None, id="not part of a name"),
        pytest.param(b'{"seq":1.5}', None, id="not a fraction"),
        pytest.param(b'{"seq":-1}', None, id="not negative"),
    ],
)
def test_sequence_of_a_push(message: bytes, sequence: int | None) -> None:
    assert sequence_of(message) == sequence
