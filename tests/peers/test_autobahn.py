"""The Autobahn test suite's cases for clients (kosoku drives them) against the session engine.

Not its cases 12.* and 13.*: kosoku 0.1.0 ends every one of them with a TypeError of its own ("Strings must be encoded
before hashing"). Compression is tested against `websockets` instead, in tests/scenarios/engine/test_peers.py.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUN_S = 100
GOOD = {"Behavior.OK", "Behavior.INFORMATIONAL"}
GOOD_CLOSE = {"BehaviorClose.OK", "BehaviorClose.INFORMATIONAL"}
CASES = 301


async def _run() -> list:
    from kosoku import FailureError, run_fuzzingserver

    async with run_fuzzingserver(exclude_cases=["12.*", "13.*"], port=0) as server:
        url = f"ws://{server.address}:{server.port}"
        client = await asyncio.create_subprocess_exec(sys.executable, str(HERE / "autobahn_client.py"), url)
        try:
            async with asyncio.timeout(RUN_S):
                assert await client.wait() == 0
                return await server.get_result()
        except FailureError as failure:
            return failure.results
        finally:
            if client.returncode is None:
                client.kill()
                await client.wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # kosoku leaves its test data open
def test_every_case_passes() -> None:
    results = asyncio.run(_run())
    bad = [
        (result.case_id, str(result.behavior), str(result.behavior_close), str(result.result))
        for result in results
        if str(result.behavior) not in GOOD or str(result.behavior_close) not in GOOD_CLOSE
    ]
    assert bad == []
    assert len(results) == CASES
