"""`kill -9` of the server and of workers while jobs are at work: nothing is lost, nothing is there twice."""

import sys

import pytest

from benchmarks import faults

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="workers are found in /proc/locks")


def test_five_kills(tmp_path):
    told = faults.torment(
        tmp_path / "serve", kills=5, jobs=2, photos=6, bare=True, seed=1, servers=0.2, pauses=(0.02, 0.2)
    )
    assert told.wrong == []
    assert told.kills.total() == 5


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_kills(tmp_path):
    """The whole service, jobs handed in over HTTP."""
    told = faults.torment(tmp_path / "serve", kills=50, jobs=12, photos=8)
    assert told.wrong == []
    assert min(told.kills.values()) > 10
