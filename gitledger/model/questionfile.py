"""The texts in which people write down questions and answers, and the digest of what has been answered."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import re

from gitledger.errors import InvalidInput
from gitledger.model import ids

_ANSWER_LINE = re.compile(r"\s*(?P<ref>(?:[qQ]-)?\d{1,9}(?:\.[0-9a-fA-F]{1,20})?)\s*[:：]\s*(?P<text>.*?)\s*")
_ANSWER_HINT = ("gitledger", "question", "open")
_ADD_HINT = ("gitledger", "question", "add-many", "--help")


def answers_hash(questions: Iterable[Any]) -> str:
    """`sha256:` over the answered questions, so that a plan can tell whether an answer changed since.

    The digested text has one `id NUL answer` for each, sorted, joined by newlines; `id` is the question's event id.
    """
    pairs = sorted(f"{item.id}\0{item.answer}" for item in questions if item.status == "answered")
    return "sha256:" + sha256("\n".join(pairs).encode("utf-8", "surrogatepass")).hexdigest()


def question_ref(text: str) -> str:
    """`q-1`, `Q-0001` or `1` as `q-0001`; anything else (an id, a number with part of an id) in lower case."""
    ref = text.strip().lower()
    stem, dot, tail = ref.partition(".")
    number = ids.parse_item_number("q", stem)
    return ref if number is None else ids.item_id("q", number) + dot + tail


def parse_answers(text: str) -> dict[str, str]:
    """Question reference → answer, from lines `q-0001: text`, or a YAML mapping that may lie under `answers`.

    In lines the text is taken as it stands (`: `, `yes` and `5` included), one pair of quotes around it removed.
    References come back as `q-0001` where they are numbers. Raises InvalidInput for an empty or repeated one.
    """
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    found = [_ANSWER_LINE.fullmatch(line) for line in lines]
    if found and all(found):
        pairs = [(match["ref"], _unquoted(match["text"])) for match in found if match]
    else:
        pairs = _yaml_answers(text)
    answers: dict[str, str] = {}
    for given, answer in pairs:
        ref = question_ref(given)
        if ref in answers:
            raise InvalidInput(f"{ref} is answered twice in this input.", hint=_ANSWER_HINT, details={"field": ref})
        if not answer.strip():
            raise InvalidInput(f"The answer to {ref} is empty.", hint=_ANSWER_HINT, details={"field": ref})
        answers[ref] = answer.strip()
    return answers


def _unquoted(text: str) -> str:
    """What is meant by `"Yes."`: one YAML text where all of it is quoted; else the text as it stands."""
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0]:
        return text
    from gitledger.model import yaml

    try:
        value = yaml.load(text, what="the answer", strings=True)
    except InvalidInput:
        return text
    return value if isinstance(value, str) else text


def _yaml_answers(text: str) -> list[tuple[str, str]]:
    from gitledger.model import yaml

    loaded = yaml.load(text, what="the answers", strings=True) if text.strip() else None
    if isinstance(loaded, dict) and set(loaded) == {"answers"}:
        loaded = loaded["answers"]
    if not isinstance(loaded, dict) or not loaded:
        raise InvalidInput(
            "Answers are lines such as `q-0001: The answer.`, or a YAML mapping of question to answer.",
            hint=_ANSWER_HINT,
        )
    for ref, answer in loaded.items():
        if not isinstance(answer, str):
            raise InvalidInput(
                f"The answer to {ref} must be a text; quote it if it holds `: `.",
                hint=_ANSWER_HINT,
                details={"field": ref},
            )
    return list(loaded.items())


def parse_questions(text: str | None = None, yaml_text: str | None = None) -> list[tuple[str, bool | None]]:
    """Questions as (text, required or None where the input does not say).

    From `text`, one a line, or from `yaml_text`: a list, which may lie under `questions`, of texts or of
    `{text, required_for_plan}`. Raises InvalidInput for both, neither, or an empty one.
    """
    if (text is None) == (yaml_text is None):
        raise InvalidInput("Give the questions either with --text, one a line, or with --yaml-file.", hint=_ADD_HINT)
    found = _text_questions(text) if text is not None else _yaml_questions(yaml_text or "")
    if not found:
        raise InvalidInput("There is no question in this input.", hint=_ADD_HINT)
    return found


def _text_questions(text: str) -> list[tuple[str, bool | None]]:
    lines = text.removeprefix("\ufeff").strip("\r\n").splitlines()
    for place, line in enumerate(lines, 1):
        if not line.strip():
            raise InvalidInput(
                f"Line {place} of the questions is empty; write one question a line.",
                hint=_ADD_HINT,
                details={"line": place},
            )
    return [(line.strip(), None) for line in lines]


def _yaml_questions(text: str) -> list[tuple[str, bool | None]]:
    from gitledger.model import yaml

    loaded = yaml.load(text, what="the questions") if text.strip() else None
    if isinstance(loaded, dict) and set(loaded) == {"questions"}:
        loaded = loaded["questions"]
    if loaded is None:
        return []
    if not isinstance(loaded, list):
        raise InvalidInput("The questions must be a YAML list, which may lie under `questions`.", hint=_ADD_HINT)
    return [_yaml_question(item, f"questions[{place}]") for place, item in enumerate(loaded, 1)]


def _yaml_question(item: Any, field: str) -> tuple[str, bool | None]:
    required = None
    if isinstance(item, dict) and "text" in item and set(item) <= {"text", "required_for_plan"}:
        required = item.get("required_for_plan")
        item = item["text"]
    elif isinstance(item, dict):
        raise _wrong(field, "must be a text, or have `text` and `required_for_plan`; quote a text that holds `: `")
    if not isinstance(item, str):
        raise _wrong(field, "must be a text; quote it")
    if not item.strip():
        raise _wrong(field, "must not be empty")
    if not isinstance(required, bool | None):
        raise _wrong(f"{field}.required_for_plan", "must be true or false")
    return item.strip(), required


def _wrong(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"`{field}` {why}.", hint=_ADD_HINT, details={"field": field})
