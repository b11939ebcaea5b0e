"""The plan file that people write: how it is read, what is digested for an approval, and its template."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import re

from msgspec import Struct, json

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.model.task import Criterion, PlanTodo

REQUIRED_FIELDS = ("goal", "acceptance_criteria", "todos")
RECOMMENDED_FIELDS = ("files", "test_commands", "expected_outputs")

_CRITERIA_KEYS = ("acceptance_criteria", "criteria")
_WAIVER_KEYS = ("todos_waived_reason", "todo_waiver_reason", "no_todos_reason")
_KNOWN_KEYS = {"goal", "todos", "generation_reason", *RECOMMENDED_FIELDS, *_CRITERIA_KEYS, *_WAIVER_KEYS}
_ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TEMPLATE_HINT = ("gitledger", "plan", "template")


class PlanDraft(Struct, frozen=True, kw_only=True):
    """A plan as its file states it. `body` has no trailing newlines; `ignored` names keys that nothing reads."""

    goal: str = ""
    body: str = ""
    criteria: list[Criterion] = []
    todos: list[PlanTodo] = []
    files: list[str] = []
    test_commands: list[str] = []
    expected_outputs: list[str] = []
    generation_reason: str | None = None
    todos_waived_reason: str | None = None
    ignored: list[str] = []


def parse_plan(text: str, criteria: Sequence[str] = ()) -> PlanDraft:
    """Read a plan: optional YAML front matter between `---` lines, then a Markdown body (reference §4.2).

    `criteria` are texts given beside the file; they count only when the front matter has none. Raises
    InvalidInput that names the field, or the line where the front matter cannot be read.
    """
    front, first_line, body = _split(text)
    fields = _load_mapping(front, first_line)
    ignored = [key for key in fields if key not in _KNOWN_KEYS]
    return PlanDraft(
        goal=_optional_text(fields, "goal") or "",
        body=body,
        criteria=_criteria(fields, criteria, ignored),
        todos=_todos(fields, ignored),
        files=_texts(fields, "files"),
        test_commands=_texts(fields, "test_commands"),
        expected_outputs=_texts(fields, "expected_outputs"),
        generation_reason=_optional_text(fields, "generation_reason"),
        todos_waived_reason=_first(_optional_text(fields, key) for key in _WAIVER_KEYS),
        ignored=ignored,
    )


def normal_body(body: str) -> str:
    """A plan body as it is stored and digested: without trailing newlines."""
    return body.rstrip("\n")


def plan_digest(plan: Any, body: str | None = None) -> str:
    """`sha256:` and the hex digest of a plan's canonical JSON (design §9): what an approver is shown and approves.

    `plan` is a draft, a `plan.proposed` payload, or a record with its `body` beside it. The JSON is one object
    with the keys `goal`, `body`, `criteria`, `todos`, `files`, `test_commands`, `expected_outputs`, in this order;
    a criterion is the list [id, text, mandatory], a todo the list [id, text, mandatory, validation_hint or null], the
    rest are texts and lists of texts. UTF-8, no space between tokens, escapes only for `"`, `\\` and control
    characters below U+0020 (`\\b \\t \\n \\f \\r`, else `\\u00xx`), no final newline. The body is taken without its
    trailing newlines. In Python: `json.dumps(plan, ensure_ascii=False, separators=(",", ":"))`.
    """
    canonical = {
        "goal": plan.goal,
        "body": normal_body(plan.body if body is None else body),
        "criteria": [[item.id, item.text, item.mandatory] for item in plan.criteria],
        "todos": [[item.id, item.text, item.mandatory, item.validation_hint] for item in plan.todos],
        "files": plan.files,
        "test_commands": plan.test_commands,
        "expected_outputs": plan.expected_outputs,
    }
    try:
        raw = json.encode(canonical)
    except UnicodeEncodeError as error:
        raise InvalidInput("The plan holds characters that are not valid Unicode (lone surrogates).") from error
    return f"sha256:{sha256(raw).hexdigest()}"


def template(answers: Iterable[tuple[str, str]] = ()) -> str:
    """The skeleton of a plan file. Every `<…>` must be replaced: lint refuses what is left of them.

    `answers` are (question, answer), listed at the end for the planner to work in.
    """
    notes = "".join(f"- {ref}: {' '.join(answer.split())}\n" for ref, answer in answers)
    return _TEMPLATE + (f"\n## Notes from answered questions\n\n{notes}" if notes else "")


_TEMPLATE = """\
---
goal: "<one sentence: what is true when this is done>"
files:
  - "<path of a file that will change>"
test_commands:
  - "<command that proves the change>"
expected_outputs:
  - "<what that command prints or returns when all is well>"
acceptance_criteria:
  - id: ac-0001
    text: "<something a reviewer can observe>"
    mandatory: true
todos:
  - id: plan-todo-0001
    text: "<one concrete step, naming the file or the command>"
    mandatory: true
    validation_hint: "<how to see that this step is done>"
---

<!-- Replace everything in angle brackets. Whoever implements the plan reads this body, and may have nothing else. -->

## Goal

<why this is needed, and what will be different>

## Implementation notes

<the approach, the decisions, and what to keep away from>

## Validation plan

<which commands to run, and what they should show>
"""


def _split(text: str) -> tuple[str, int, str]:
    """Front matter (empty where there is none), the line on which it begins, and body."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    start = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if lines[start].rstrip() != "---":
        return "", 1, _body(lines)
    for end in range(start + 1, len(lines)):
        if lines[end].rstrip() == "---":
            return "\n".join(lines[start + 1 : end]), start + 2, _body(lines[end + 1 :])
    raise InvalidInput(
        f"The front matter that begins on line {start + 1} has no end: close it with a line `---`.",
        hint=_TEMPLATE_HINT,
        details={"line": start + 1},
    )


def _body(lines: list[str]) -> str:
    body = "\n".join(lines)
    return body.strip("\n") if body.strip() else ""


def _load_mapping(text: str, first_line: int) -> dict[str, Any]:
    """The front matter, every scalar as the text that was written: `yes`, `5` and an empty value included."""
    if not text.strip():
        return {}
    from gitledger.model import yaml

    loaded = yaml.load(text, what="the plan's front matter", strings=True, first_line=first_line)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise InvalidInput("The plan's front matter must be a mapping of keys to values.", hint=_TEMPLATE_HINT)
    return loaded


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _wrong(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"`{field}` {why}.", hint=_TEMPLATE_HINT, details={"field": field})


def _is_absent(value: Any) -> bool:
    """Whether nothing is said: a missing key, an empty value, or a null as programs write it."""
    return value is None or (isinstance(value, str) and value.strip() in ("", "~", "null", "Null", "NULL"))


def _optional_text(fields: dict[str, Any], key: str, field: str | None = None) -> str | None:
    """The text under `key`, stripped; None where there is none."""
    value = fields.get(key)
    if _is_absent(value):
        return None
    if not isinstance(value, str):
        raise _wrong(field or key, "must be a text; quote it if it holds `: `")
    return value.strip()


def _list(fields: dict[str, Any], key: str) -> list[Any]:
    value = fields.get(key)
    if _is_absent(value):
        return []
    if not isinstance(value, list):
        raise _wrong(key, "must be a list")
    return value


def _text(value: Any, field: str) -> str:
    if isinstance(value, dict):
        raise _wrong(field, "must be a text; quote it if it holds `: `")
    if not isinstance(value, str):
        raise _wrong(field, "must be a text")
    if not value.strip():
        raise _wrong(field, "must not be empty")
    return value.strip()


def _texts(fields: dict[str, Any], key: str) -> list[str]:
    return [_text(item, f"{key}[{place}]") for place, item in enumerate(_list(fields, key), 1)]


def _mandatory(item: dict[str, Any], field: str) -> bool:
    """True or false as YAML writes them; true where nothing is said."""
    value = item.get("mandatory")
    if _is_absent(value):
        return True
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "yes", "on", "false", "no", "off"):
        raise _wrong(f"{field}.mandatory", "must be true or false")
    return word in ("true", "yes", "on")


def _item_id(value: Any, field: str, prefix: str) -> str | None:
    """The id given to an item, `ac-7` as `ac-0007`; None where none is given."""
    if _is_absent(value):
        return None
    text = str(value).strip()
    if not _ITEM_ID.fullmatch(text):
        raise _wrong(f"{field}.id", "must be one word of letters, digits, `-`, `_` and `.`, at most 64 characters")
    number = ids.parse_item_number(prefix, text.lower()) if text.lower().startswith(f"{prefix}-") else None
    return text if number is None else ids.item_id(prefix, number)


def _numbered(given: list[str | None], field: str, prefix: str) -> list[str]:
    """Every id: the given ones, which must differ, and by position where none is given."""
    taken: set[str] = set()
    for place, item in enumerate(given, 1):
        if item is not None and item.lower() in taken:
            raise _wrong(f"{field}[{place}].id", f"repeats the id {item}")
        if item is not None:
            taken.add(item.lower())
    numbered = []
    for place, item in enumerate(given, 1):
        while item is None:
            free = ids.item_id(prefix, place)
            place += 1
            if free not in taken:
                item = free
                taken.add(free)
        numbered.append(item)
    return numbered


def _criteria(fields: dict[str, Any], beside: Sequence[str], ignored: list[str]) -> list[Criterion]:
    present = [key for key in _CRITERIA_KEYS if _list(fields, key)]
    if len(present) > 1:
        raise _wrong("criteria", "repeats `acceptance_criteria`; give the criteria once")
    key = present[0] if present else "criterion"
    items = _list(fields, key) if present else list(beside)
    found = [_criterion(item, f"{key}[{place}]", ignored) for place, item in enumerate(items, 1)]
    numbers = _numbered([item_id for item_id, _, _ in found], key, "ac")
    return [Criterion(number, text, mandatory) for number, (_, text, mandatory) in zip(numbers, found)]


def _criterion(item: Any, field: str, ignored: list[str]) -> tuple[str | None, str, bool]:
    if not isinstance(item, dict):
        return None, _text(item, field), True
    if len(item) == 1 and "text" not in item:
        (key, text), *_ = item.items()
        if not re.fullmatch(r"(?i)ac-\d{1,9}", str(key)):
            raise _wrong(field, "must be a text or have a `text`; quote it if it holds `: `")
        return _item_id(key, field, "ac"), _text(text, f"{field}.{key}"), True
    ignored += [f"{field}.{key}" for key in item if key not in ("id", "text", "mandatory")]
    return _item_id(item.get("id"), field, "ac"), _text(item.get("text"), f"{field}.text"), _mandatory(item, field)


def _todos(fields: dict[str, Any], ignored: list[str]) -> list[PlanTodo]:
    found = [_todo(item, f"todos[{place}]", ignored) for place, item in enumerate(_list(fields, "todos"), 1)]
    numbers = _numbered([item_id for item_id, *_ in found], "todos", "plan-todo")
    return [PlanTodo(number, *rest) for number, (_, *rest) in zip(numbers, found)]


def _todo(item: Any, field: str, ignored: list[str]) -> tuple[str | None, str, bool, str | None]:
    if not isinstance(item, dict):
        return None, _text(item, field), True, None
    if "text" not in item:
        raise _wrong(field, "must be a text or have a `text`; quote it if it holds `: `")
    known = ("id", "id_hint", "text", "mandatory", "validation_hint")
    ignored += [f"{field}.{key}" for key in item if key not in known]
    item_id = _item_id(item.get("id") or item.get("id_hint"), field, "plan-todo")
    hint = _optional_text(item, "validation_hint", f"{field}.validation_hint")
    return item_id, _text(item["text"], f"{field}.text"), _mandatory(item, field), hint
