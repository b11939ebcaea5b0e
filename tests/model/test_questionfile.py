"""Questions and answers as people and programs write them down."""

import pytest

from gitledger.errors import InvalidInput
from gitledger.model.questionfile import answers_hash, parse_answers, parse_questions, question_ref
from gitledger.model.task import Actor, Question

USER = Actor("user", "ada")


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("q-0001: Yes.\nq-0002: No.", {"q-0001": "Yes.", "q-0002": "No."}),
        ("q-0001: yes\nq-0002: 5\nq-0003: null\n", {"q-0001": "yes", "q-0002": "5", "q-0003": "null"}),
        ("q-0001: Use a: b, not c: d # really", {"q-0001": "Use a: b, not c: d # really"}),
        ("\n  q-1:   Yes  \n\n Q-2:No\n3: Maybe\n", {"q-0001": "Yes", "q-0002": "No", "q-0003": "Maybe"}),
        ("q-0001: \"Yes: a\"\nq-0002: 'It''s so'", {"q-0001": "Yes: a", "q-0002": "It's so"}),
        ("q-0001: \"a\" or \"b\"", {"q-0001": '"a" or "b"'}),
        ("q-0001：是的", {"q-0001": "是的"}),
        ("q-0001.9c41: Yes", {"q-0001.9c41": "Yes"}),
        ("answers:\n  q-0001: yes\n  q-2: 5\n", {"q-0001": "yes", "q-0002": "5"}),
        ("{q-0001: Yes}", {"q-0001": "Yes"}),
        ("q-0001: |\n  One.\n  Two: three.\nq-0002: No\n", {"q-0001": "One.\nTwo: three.", "q-0002": "No"}),
        ("9c41f0aa: Yes", {"9c41f0aa": "Yes"}),
    ],
)
def test_answers_are_read_as_they_were_meant(text, answers):
    assert parse_answers(text) == answers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Answers are lines"),
        ("  \n", "Answers are lines"),
        ("Yes", "Answers are lines"),
        ("- q-0001: Yes", "Answers are lines"),
        ("answers: {}", "Answers are lines"),
        ("q-0001: Yes\nq-1: No", "q-0001 is answered twice"),
        ("answers:\n  q-0001: Yes\n  1: No", "q-0001 is answered twice"),
        ("q-0001:", "The answer to q-0001 is empty"),
        ("q-0001: ''", "The answer to q-0001 is empty"),
        ("answers: {q-0001: [a]}", "The answer to q-0001 must be a text"),
        ("q-0001: Yes\nand more: a: b", "line 2"),
    ],
)
def test_answers_that_cannot_be_read_are_refused(text, says):
    with pytest.raises(InvalidInput, match=says) as refusal:
        parse_answers(text)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "ref"),
    [("q-1", "q-0001"), (" Q-0001 ", "q-0001"), ("12", "q-0012"), ("1.9C41", "q-0001.9c41"), ("9c41f0", "9c41f0")],
)
def test_a_reference_has_one_spelling(given, ref):
    assert question_ref(given) == ref


def test_questions_come_one_a_line():
    assert parse_questions(text="\nOne?\n Two? \n") == [("One?", None), ("Two?", None)]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("- One?\n- text: Two?\n", [("One?", None), ("Two?", None)]),
        ("questions:\n  - {text: One?, required_for_plan: true}\n", [("One?", True)]),
        ("- {text: One?, required_for_plan: no}", [("One?", False)]),
    ],
)
def test_questions_come_as_yaml(text, questions):
    assert parse_questions(yaml_text=text) == questions


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "either"),
        ({"text": "One?", "yaml_text": "- One?"}, "either"),
        ({"text": ""}, "no question"),
        ({"text": "One?\n\nTwo?"}, "Line 2"),
        ({"yaml_text": ""}, "no question"),
        ({"yaml_text": "questions: []"}, "no question"),
        ({"yaml_text": "One?"}, "must be a YAML list"),
        ({"yaml_text": "- Is it a: b?"}, r"`questions\[1\]` must be a text.*quote"),
        ({"yaml_text": "- ''"}, r"`questions\[1\]` must not be empty"),
        ({"yaml_text": "- 5"}, r"`questions\[1\]` must be a text"),
        ({"yaml_text": "- {text: One?, required: true}"}, r"`questions\[1\]` must be a text, or have"),
        ({"yaml_text": "- {text: One?, required_for_plan: 1}"}, "required_for_plan` must be true or false"),
    ],
)
def test_questions_that_cannot_be_read_are_refused(given, says):
    with pytest.raises(InvalidInput, match=says):
        parse_questions(**given)


def question(key: str, status: str = "answered", answer: str | None = "Yes") -> Question:
    return Question(key, 1, "Why?", "", USER, status=status, answer=answer)


def test_the_hash_is_of_the_answers_alone():
    first, second = question("aa"), question("bb", answer="No")
    known = answers_hash([first, second])
    assert known == answers_hash([second, first, question("cc", "open", None), question("dd", "dismissed", "Yes")])
    assert known != answers_hash([first, question("bb", answer="Yes")])
    assert known != answers_hash([first])
    assert answers_hash([]) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
