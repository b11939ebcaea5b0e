"""Plan files: what is read, what is refused and how it is named, and the digest that an approver approves."""

from hashlib import sha256

import json

import pytest

from gitledger.errors import InvalidInput
from gitledger.model.events import PlanProposed
from gitledger.model.planfile import PlanDraft, normal_body, parse_plan, plan_digest, template
from gitledger.model.task import Criterion, PlanTodo

FULL = """\
---
goal: "Fix parser edge case"
files: ["src/parser.py", 'tests/test_parser.py']
test_commands: ["pytest -q"]
expected_outputs:
  - exit 0
acceptance_criteria:
  - "Parser accepts empty input"
  - {id: ac-7, text: No new warnings, mandatory: false}
  - ac-0009: Documented
todos:
  - text: "Edit src/parser.py to accept empty input."
    validation_hint: "Run: pytest -q; Expected: pass"
  - id_hint: docs
    text: Describe it in docs/parser.md
    mandatory: no
generation_reason: initial
---

## Goal
Fix it.

"""


def front(text: str) -> str:
    return f"---\n{text}\n---\nBody.\n"


def test_everything_in_a_full_plan_is_read():
    assert parse_plan(FULL) == PlanDraft(
        goal="Fix parser edge case",
        body="## Goal\nFix it.",
        criteria=[
            Criterion("ac-0001", "Parser accepts empty input"),
            Criterion("ac-0007", "No new warnings", False),
            Criterion("ac-0009", "Documented"),
        ],
        todos=[
            PlanTodo(
                "plan-todo-0001",
                "Edit src/parser.py to accept empty input.",
                validation_hint="Run: pytest -q; Expected: pass",
            ),
            PlanTodo("docs", "Describe it in docs/parser.md", mandatory=False),
        ],
        files=["src/parser.py", "tests/test_parser.py"],
        test_commands=["pytest -q"],
        expected_outputs=["exit 0"],
        generation_reason="initial",
    )


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("draft", "draft"),
        ("", ""),
        ("\n \n", ""),
        ("One.\n\n---\n\nTwo.\n\n\n", "One.\n\n---\n\nTwo."),
        ("---\n---\nBody.\n", "Body."),
        ("---\ngoal: g\n---\n", ""),
        ("\n\n---\ngoal: g\n---\n\n\n  Indented.\n", "  Indented."),
        ("\ufeff---\r\ngoal: g\r\n---\r\nBody.\r\n", "Body."),
    ],
)
def test_the_body_is_what_follows_the_front_matter(text, body):
    assert parse_plan(text).body == body


def test_texts_that_yaml_takes_for_something_else_stay_texts():
    draft = parse_plan(front("goal: yes\nfiles: [5, 2026-01-01, 1.50]\ncriteria: [no]\ntodos: [{text: 007}]"))
    assert (draft.goal, draft.files) == ("yes", ["5", "2026-01-01", "1.50"])
    assert (draft.criteria[0].text, draft.todos[0].text) == ("no", "007")


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_a_null_says_nothing(nothing):
    item = f"{{text: Do it, id: {nothing}, validation_hint: {nothing}}}"
    draft = parse_plan(front(f"goal: {nothing}\nfiles: {nothing}\ntodos:\n  - {item}"))
    assert (draft.goal, draft.files, draft.todos) == ("", [], [PlanTodo("plan-todo-0001", "Do it")])


def test_criteria_given_beside_the_file_count_only_without_front_matter_criteria():
    assert [c.text for c in parse_plan("Body.", ["Fast", " Small "]).criteria] == ["Fast", "Small"]
    assert [c.text for c in parse_plan(front("criteria: [Own]"), ["Fast"]).criteria] == ["Own"]
    with pytest.raises(InvalidInput, match=r"criterion\[2\]"):
        parse_plan("Body.", ["Fast", " "])


def test_an_id_by_position_steps_aside_for_a_given_one():
    draft = parse_plan(front("criteria: [{id: ac-0002, text: a}, b, c]"))
    assert [item.id for item in draft.criteria] == ["ac-0002", "ac-0003", "ac-0004"]


@pytest.mark.parametrize("key", ["todos_waived_reason", "todo_waiver_reason", "no_todos_reason"])
def test_the_waiver_of_todos_has_three_names(key):
    assert parse_plan(front(f"{key}: One line only")).todos_waived_reason == "One line only"


def test_keys_that_nothing_reads_are_named():
    draft = parse_plan(front("acceptance_critera: [a]\ntodos: [{text: Do it, hint: look}]"))
    assert draft.ignored == ["acceptance_critera", "todos[1].hint"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("---\ngoal: g\n", "begins on line 1 has no end"),
        ("\n\n---\ngoal: g\n", "begins on line 3 has no end"),
        ("---\ngoal: g\nfiles: [a\n---\n", "line 4"),
        ("\n---\n\ngoal: 'g\n---\n", "line 4"),
        ("---\n- goal\n---\n", "must be a mapping"),
        (front("goal: [g]"), "`goal` must be a text"),
        (front("files: a.py"), "`files` must be a list"),
        (front("files: [a.py, '']"), r"`files\[2\]` must not be empty"),
        (front("test_commands: [[pytest]]"), r"`test_commands\[1\]` must be a text"),
        (front("expected_outputs: {a: b}"), "`expected_outputs` must be a list"),
        (front("criteria: [' ']"), r"`criteria\[1\]` must not be empty"),
        (front("criteria: [{id: ac-0001}]"), r"`criteria\[1\]` must|`criteria\[1\].text`"),
        (front("criteria:\n  - Parser accepts: nothing"), r"`criteria\[1\]` must be a text .*quote it"),
        (front("criteria: [{id: ac-1, text: a}, {id: AC-0001, text: b}]"), r"`criteria\[2\].id` repeats the id"),
        (front("criteria: [{id: 'a b', text: a}]"), r"`criteria\[1\].id` must be one word"),
        (front("criteria: [a]\nacceptance_criteria: [a]"), "give the criteria once"),
        (front("criteria: [{text: a, mandatory: 3}]"), r"`criteria\[1\].mandatory` must be true or false"),
        (front("todos: {text: a}"), "`todos` must be a list"),
        (front("todos: [{id: a}]"), r"`todos\[1\]` must be a text or have a `text`"),
        (front("todos: [{text: ''}]"), r"`todos\[1\].text` must not be empty"),
        (front("todos: [{text: a, validation_hint: [b]}]"), r"`todos\[1\].validation_hint` must be a text"),
        (front("todos: [{id: x, text: a}, {id: x, text: b}]"), r"`todos\[2\].id` repeats the id x"),
        (front("todos_waived_reason: [b]"), "`todos_waived_reason` must be a text"),
        (front("goal: a\ngoal: b"), "goal"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text, says):
    with pytest.raises(InvalidInput, match=says) as refusal:
        parse_plan(text)
    assert refusal.value.exit_code == 2


# ---------------------------------------------------------------------------------------------- digest

AWKWARD = PlanDraft(
    goal='Say "ä\\ö" to \u2028 \x7f \x01 🎉',
    body="# Body\n\tcode\r\nend\n\n",
    criteria=[Criterion("ac-0001", "a"), Criterion("ac-0002", "b", False)],
    todos=[PlanTodo("plan-todo-0001", "t", False, "hint"), PlanTodo("plan-todo-0002", "u")],
    files=["a/b.py"],
    test_commands=["pytest -q </dev/null"],
    expected_outputs=["0 & 1"],
)


def test_the_digest_is_that_of_the_documented_json():
    canonical = {
        "goal": 'Say "ä\\ö" to \u2028 \x7f \x01 🎉',
        "body": "# Body\n\tcode\r\nend",
        "criteria": [["ac-0001", "a", True], ["ac-0002", "b", False]],
        "todos": [["plan-todo-0001", "t", False, "hint"], ["plan-todo-0002", "u", True, None]],
        "files": ["a/b.py"],
        "test_commands": ["pytest -q </dev/null"],
        "expected_outputs": ["0 & 1"],
    }
    raw = json.dumps(canonical, ensure_ascii=False, separators=(",", ":")).encode()
    assert plan_digest(AWKWARD) == f"sha256:{sha256(raw).hexdigest()}"


def test_the_digest_never_changes():
    assert plan_digest(PlanDraft()) == "sha256:b6aa62e14dd423110a22e629174e22124e49840de2ee9649fea28989ae98d5fe"
    assert plan_digest(parse_plan(FULL)) == (
        "sha256:f301385e1373d164b0526fa46fbde4977ac1c77972bfb973346818bbded3335b"
    )


def test_record_and_draft_have_one_digest():
    fields = {name: getattr(AWKWARD, name) for name in ("goal", "criteria", "todos", "files", "test_commands")}
    payload = PlanProposed(version=1, digest="", body="", expected_outputs=AWKWARD.expected_outputs, **fields)
    assert plan_digest(payload, normal_body(AWKWARD.body)) == plan_digest(AWKWARD)


@pytest.mark.parametrize(
    "change",
    [
        {"goal": "x"},
        {"body": "x"},
        {"criteria": []},
        {"criteria": [Criterion("ac-0001", "a"), Criterion("ac-0002", "b", True)]},
        {"todos": [PlanTodo("plan-todo-0001", "t", False, "hint"), PlanTodo("plan-todo-0002", "u", True, "new")]},
        {"files": []},
        {"test_commands": ["a/b.py"]},
        {"expected_outputs": []},
    ],
)
def test_every_digested_field_counts(change):
    from msgspec.structs import replace

    assert plan_digest(replace(AWKWARD, **change)) != plan_digest(AWKWARD)


def test_what_is_no_part_of_the_plan_does_not_count():
    from msgspec.structs import replace

    same = replace(AWKWARD, generation_reason="custom", body="# Body\n\tcode\r\nend")
    assert plan_digest(same) == plan_digest(AWKWARD)


def test_lone_surrogates_are_refused():
    with pytest.raises(InvalidInput, match="Unicode"):
        plan_digest(PlanDraft(goal="\ud800"))


# ---------------------------------------------------------------------------------------------- template


def test_the_template_reads_back():
    draft = parse_plan(template())
    assert [len(draft.criteria), len(draft.todos), len(draft.files)] == [1, 1, 1]
    assert draft.todos[0].validation_hint
    assert draft.ignored == []
    assert "answered questions" not in draft.body


def test_the_template_lists_the_answers_it_was_given():
    body = parse_plan(template([("q-0001", "Yes."), ("q-0002", "No:\n---\nnever.")])).body
    assert body.endswith("## Notes from answered questions\n\n- q-0001: Yes.\n- q-0002: No: --- never.")
