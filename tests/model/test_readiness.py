"""What a record tells about whether it can be begun: ranks, urgency, moments; and what lies over a status."""

import pytest

from gitledger.model import readiness, workflow
from gitledger.model.schedule import next_run
from gitledger.model.workflow import OVERLAYS, PREVIOUS, RESTING, STATUSES, TRIGGERS

NOW, SOON = "2026-11-20T10:00:00.000000Z", "2026-11-21T10:00:00.000000Z"


@pytest.mark.parametrize(
    ("priority", "due", "rank"),
    [
        (None, None, 2),
        ("odd", None, 2),
        ("low", "2026-11-20T09:59:59.000000Z", 0),
        ("low", NOW, 0),
        ("low", "2026-11-20T10:00:00.000001Z", 2),
        ("high", "2026-11-21T09:59:59.999999Z", 0),
        ("high", SOON, 1),
        ("critical", "2026-11-20T20:00:00.000000Z", 0),
        ("low", "2027-01-01T00:00:00.000000Z", 3),
    ],
)
def test_urgency(priority, due, rank):
    assert readiness.urgency(priority, due, NOW, SOON) == rank


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("2026-11-20", "2026-11-20T00:00:00.000000Z"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00.000000Z"),
        (NOW, NOW),
        ("2026-13-45", None),
    ],
)
def test_moments_compare_as_text(text, moment):
    assert readiness.due_moment(text) == moment


@pytest.mark.parametrize(
    ("role", "status", "rank"),
    [
        ("queue", "approved", 0),
        ("work", "implementing", 1),
        ("review", "validating", 2),
        ("done", "done", 3),
        ("blocked", "review", 0),
        ("archived", "done", 3),
        ("archived", "cancelled", 0),
        ("cancelled", "cancelled", 0),
    ],
)
def test_how_far_a_task_has_come(role, status, rank):
    assert readiness.reached_rank(role, status) == rank


def test_an_unknown_threshold_waits_for_the_end():
    assert [readiness.needed_rank(word) for word in ("work", "review", "done", "later")] == [1, 2, 3, 3]


def test_what_lies_over_a_status_speaks_of_known_positions_only():
    for (name, position, trigger), target in OVERLAYS.items():
        known = {*STATUSES[name], "blocked", "archived"}
        assert position in known and trigger in TRIGGERS
        assert target in {*known, PREVIOUS, RESTING}
    assert set(workflow.TRIGGER_ALIASES) | set(workflow.TRIGGER_ALIASES.values()) <= set(TRIGGERS)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("0 9 * * mon", NOW, "2026-11-23T09:00:00.000000Z"),
        ("*/15 * * * *", NOW, "2026-11-20T10:15:00.000000Z"),
        ("0 0 29 2 *", NOW, "2028-02-29T00:00:00.000000Z"),
        ("0 10 * * *", NOW, "2026-11-21T10:00:00.000000Z"),
        ("nonsense", NOW, None),
    ],
)
def test_the_next_run(schedule, after, expected):
    assert next_run(schedule, after) == expected
