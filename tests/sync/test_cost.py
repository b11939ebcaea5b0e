"""What goes over the wire: one entry is a few kilobytes, and a first sync what the ledger packs to."""

import pytest

from tests.bench.sync import measure


@pytest.mark.slow
def test_the_bench_measures_syncs_and_counts_their_bytes():
    lines = {what: (value, limit) for what, value, limit, _ in measure(200, rounds=1)}
    assert len([limit for _, limit in lines.values() if limit is not None]) == 7
    counted = {what: value / limit for what, (value, limit) in lines.items() if limit is not None and "bytes" in what}
    assert len(counted) == 3 and all(0 < share <= 1 for share in counted.values()), counted
