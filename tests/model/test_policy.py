"""`.gitledger.yaml`: every key, every default, and refusals that name the key."""

import msgspec
import pytest

from gitledger.errors import InvalidInput
from gitledger.model.policy import (
    GATES,
    NoteRule,
    Policy,
    Stale,
    TaskType,
    Trailers,
    parse_duration,
    parse_policy,
)

FULL = b"""\
version: 1
approval: human
evidence: fresh
commits: require
commit_paths: plan
capture: digest
trailers: {task: Work-Item, id: Work-Item-Id}
stale: {queue: 14d, work: 36h}
types:
  bug:
    workflow: light
    lifecycle: auto-reopen
    gates: [todos done, checks passed, todos-done]
    notes:
      - {key: prd, role: queue, required: yes, description: What and why}
      - key: findings
        role: work
  chore:
"""


def test_every_key_is_read():
    assert parse_policy(FULL, "a" * 40) == Policy(
        version=1,
        approval="human",
        evidence="fresh",
        commits="require",
        commit_paths="plan",
        capture="digest",
        trailers=Trailers("Work-Item", "Work-Item-Id"),
        stale=Stale(queue=14 * 86400, work=36 * 3600),
        types={
            "bug": TaskType(
                workflow="light",
                lifecycle="auto-reopen",
                gates=("todos done", "checks passed"),
                notes=(NoteRule("prd", "queue", True, "What and why"), NoteRule("findings", "work")),
            ),
            "chore": TaskType(),
        },
        blob="a" * 40,
    )


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"version: 1\nstale:\ntrailers:\ntypes:\n"])
def test_what_is_not_said_has_its_default(data):
    policy = parse_policy(data, None)
    assert policy == Policy()
    assert (policy.approval, policy.evidence, policy.commits, policy.commit_paths, policy.capture) == (
        "any", "any", "off", "any", "tail",
    )
    assert policy.trailers == Trailers("Task", "Task-Id")
    assert policy.stale == Stale(7 * 86400, 3 * 86400)
    assert policy.types == {} and policy.blob is None


def test_off_is_the_word_and_not_a_boolean():
    policy = parse_policy(b"commits: off\ncapture: off\n", None)
    assert (policy.commits, policy.capture) == ("off", "off")


def test_gates_that_are_commented_out_are_not_gates_that_are_open():
    assert parse_policy(b"types: {a: {gates: }}", None).types["a"].gates is None
    assert parse_policy(b"types: {a: {gates: []}}", None).types["a"].gates == ()


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_can_be_named(gate):
    assert parse_policy(f"types: {{a: {{gates: [{gate}]}}}}".encode(), None).types["a"].gates == (gate,)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"aproval: any", "aproval"),
        (b"approval: robot", "approval"),
        (b"approval:", "approval"),
        (b"approval: [human]", "approval"),
        (b"approval: {human: yes}", "approval"),
        (b"evidence: old", "evidence"),
        (b"commits: on", "commits"),
        (b"commit_paths: all", "commit_paths"),
        (b"capture: full", "capture"),
        (b"version: 2", "version"),
        (b"version: '1.0'", "version"),
        (b"trailers: Task", "trailers"),
        (b"trailers: {name: Task}", "trailers.name"),
        (b"trailers: {task: 'Task:'}", "trailers.task"),
        (b"trailers: {task: task-id}", "trailers"),
        (b"stale: {review: 1d}", "stale.review"),
        (b"stale: {queue: soon}", "stale.queue"),
        (b"stale: {work: 0}", "stale.work"),
        (b"types: [bug]", "types"),
        (b"types: {'': {}}", "types.''"),
        (b"types: {bug: light}", "types.bug"),
        (b"types: {bug: {workflow: heavy}}", "types.bug.workflow"),
        (b"types: {bug: {lifecycle: automatic}}", "types.bug.lifecycle"),
        (b"types: {bug: {gates: todos done}}", "types.bug.gates"),
        (b"types: {bug: {gates: [todo]}}", "types.bug.gates[0]"),
        (b"types: {bug: {notes: {key: prd}}}", "types.bug.notes"),
        (b"types: {bug: {notes: [prd]}}", "types.bug.notes[0]"),
        (b"types: {bug: {notes: [{role: work}]}}", "types.bug.notes[0].key"),
        (b"types: {bug: {notes: [{key: prd}]}}", "types.bug.notes[0].role"),
        (b"types: {bug: {notes: [{key: prd, role: done}]}}", "types.bug.notes[0].role"),
        (b"types: {bug: {notes: [{key: a, role: work, required: maybe}]}}", "types.bug.notes[0].required"),
        (b"types: {bug: {notes: [{key: a, role: work}, {key: a, role: queue}]}}", "types.bug.notes[1].key"),
        (b"types: {bug: {hook: 'rm -rf /'}}", "types.bug.hook"),
        (b"command: make", "command"),
        (b"just text", ""),
        (b"- approval", ""),
    ],
)
def test_a_wrong_key_or_value_is_named(data, key):
    with pytest.raises(InvalidInput) as caught:
        parse_policy(data, None)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f".gitledger.yaml: {key} " if key else ".gitledger.yaml must be a mapping")
    assert caught.value.details == {"file": ".gitledger.yaml", "key": key}
    assert caught.value.hint


def test_broken_yaml_is_named_with_its_place():
    with pytest.raises(InvalidInput, match=r"\.gitledger\.yaml, line 2, column 1: the key 'approval' is given twice"):
        parse_policy(b"approval: any\napproval: human\n", None)


def test_a_policy_cannot_be_changed():
    with pytest.raises(AttributeError):
        Policy().approval = "human"
    assert msgspec.json.decode(msgspec.json.encode(Policy()), type=Policy) == Policy()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), (" 2H ", 7200), ("7d", 604800), ("1w", 604800),
     ("0", None), ("", None), ("-1", None), ("1.5h", None), ("2 h", None), ("h", None), ("99999w", None), ("１", None)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds
