import pytest


PLAN = """---
goal: "Do it"
files: [a.py]
test_commands: ["pytest"]
expected_outputs: ["ok"]
acceptance_criteria: ["It works"]
todos: [{text: "Edit a.py to do what is asked for.", validation_hint: "pytest"}]
---
Body
"""


@pytest.fixture
def planned(cli):
    for words in (["init"], ["task", "create", "t"], ["task", "activate", "1"], ["plan", "start"]):
        assert cli(*words).exit_code == 0
    assert cli("plan", "upsert", "--text", "-", input=PLAN).exit_code == 0
    assert cli("plan", "accept", "--version", "1", "--note", "ok").exit_code == 0
    return cli


@pytest.mark.parametrize(
    "flags",
    [
        ["--actor", "agent", "--actor-name", "x"],
        ["--harness", "other"],
        ["--session-id", "s9"],
        ["--actor", "agent", "--actor-name", "x", "--actor-role", "implementer", "--session-id", "s9"],
    ],
)
def test_who_starts_under_a_name_goes_on_under_it(planned, flags):
    started = planned("implement", "start", *flags, "--json").json
    holder = started["result"]["lock"]["holder"]
    for words in (
        ["implement", "log", "--message", "m"],
        ["implement", "change", "--path", "a.py"],
        ["todo", "done", "1"],
        ["implement", "finish", "--summary", "s"],
    ):
        assert planned(*words).exit_code == 0, words
    last = planned("task", "events", "--json").json["result"]["items"][-1]["actor"]
    assert (last["actor_type"], last["actor_name"], last["session_id"]) == (
        holder["actor_type"],
        holder["actor_name"],
        holder["session_id"],
    )


def test_the_name_ends_with_the_claim_and_is_never_borrowed(planned):
    planned("implement", "start", "--actor", "agent", "--actor-name", "x")
    stranger = planned("implement", "log", "--task", "1", "--message", "m", env={"GITLEDGER_SESSION": "another"})
    assert stranger.exit_code == 4 and "claimed by agent x" in stranger.stderr
    planned("todo", "done", "1")
    planned("implement", "finish", "--summary", "s")
    planned("validate", "start")
    actor = planned("task", "events", "--json").json["result"]["items"][-1]["actor"]
    assert actor["actor_name"] != "x"
