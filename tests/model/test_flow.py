"""The laps of a task and the percentiles that are told of them."""

import pytest

from gitledger.model.flow import laps_of, percentile
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.item import CreateItem
from tests.ops.harness import BOT, NOW, given


def laps(*triggers: str, **fields):
    scene = given(CreateItem(title="Job", **fields))
    for trigger in triggers:
        scene.later(60).as_(BOT).run(AdvanceTask(task="1", trigger=trigger))
    (events,) = scene.source.history.values()
    return laps_of(events)


def test_a_lap_leads_from_the_start_over_the_first_work_to_done():
    (lap,) = laps("start", "start", "complete")
    assert (lap.start, lap.begun.at[14:19], lap.done.at[14:19], lap.is_return) == (NOW, "01:00", "03:00", False)
    assert lap.done.actor.name == "bot"


def test_a_done_task_that_is_taken_up_again_begins_a_lap():
    first, second = laps("complete", "reopen", "start")
    assert (first.begun, first.done.at[14:19]) == (None, "01:00")
    assert (second.start[14:19], second.is_return, second.begun.at[14:19], second.done) == ("02:00", True, "03:00", None)


def test_a_schedule_begins_a_lap_that_is_no_return():
    first, second = laps("complete", schedule="0 9 * * *")
    assert first.done is not None and (second.is_return, second.done) == (False, None)


@pytest.mark.parametrize("triggers", [("cancel",), ("cancel", "reopen"), ("block", "resume"), ()])
def test_what_was_never_done_is_one_lap(triggers: tuple[str, ...]):
    (lap,) = laps(*triggers)
    assert lap.done is None


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 2), (85, 4), (95, 4), (75, 3), (25, 1), (0, 1), (100, 4)]
)
def test_a_percentile_is_one_of_the_values(percent: int, expected: int):
    assert percentile([4, 1, 3, 2], percent) == expected
    assert percentile([], percent) is None
