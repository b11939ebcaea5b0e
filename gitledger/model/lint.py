"""What makes a plan fit to be handed over: the rules of `plan lint`, each a code that tools can rely on."""

from collections.abc import Iterator
from typing import Any, Literal
from unicodedata import east_asian_width

import re

from msgspec import Struct

from gitledger.model.task import PlanTodo

Severity = Literal["error", "warning"]


class Issue(Struct, frozen=True):
    """One finding. `location` names the field, with the id of the criterion or todo; `hint` says what to do."""

    severity: Severity
    code: str
    location: str
    message: str
    hint: str


_TOOL = r"\b(?:pytest|ruff|mypy|tox|pre-commit|python3? -m)\b"
_RUNNER = (
    r"\b(?:(?:npm|yarn|pnpm|bun|deno|cargo|go|make|just|bundle|dotnet|mix|swift|bazel|gradle|gradlew|mvn)"
    r" +(?:run +)?(?:test|check|verify)|ctest|phpunit|rspec|nox|unittest|bats|busted)\b"
)
_COMMAND = re.compile(f"{_TOOL}|{_RUNNER}")
_PATH = re.compile(r"\w[\w-]\.[A-Za-z][A-Za-z0-9]{0,3}\b|\btests?/")
_CODE_NAME = re.compile(r"`[^`]+`|\w\.\w+\(|\b(?:class|def) +\w")
_GOAL = re.compile(r"^#{1,3}[ \t]+goal\b|^[ \t]*goal[ \t]*:", re.IGNORECASE | re.MULTILINE)
_EXPECTED = re.compile(r"^#{1,6}[ \t]+expected[ \t]+outputs?\b", re.IGNORECASE | re.MULTILINE)
_GENERIC = {"fix tests", "clean up", "update docs", "make it work", "handle edge cases", "add tests", "refactor"}
_VAGUE = re.compile(
    r"(?<![\w./\\-])(?:(?i:tbd|later|appropriate|similar +to +above|etc|fix +tests|clean +up|@?path/to/[\w./-]*)"
    r"|TODO(?!\.\w))(?![\w/\\-])"
)
# Something in angle brackets that reads as words: no tag attributes, no address, no generic type before it.
_ANGLE = re.compile(r"(?<![\w<])<(?P<words>[^\W\d_](?:[^<>\n\"=@{}$|\\]*[^\s<>\n\"=@{}$|\\])?)>")
_CODE = re.compile(r"`[^`\n]+`")
# Letters of Thai, Lao, Burmese and Khmer, which put no space between words.
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def lint_plan(plan: Any, *, body: str | None = None, strict: bool = False) -> list[Issue]:
    """Every issue of a plan, in the order of the rules; a plan passes when none is an error.

    `plan` is a draft, or a plan's record with its `body` beside it. `strict` makes every warning an error.
    """
    text = _without_comments(plan.body if body is None else body)
    issues = [*_missing(plan, text), *_vague_todos(plan.todos), *_placeholders(plan, text), *_incomplete(plan, text)]
    if not strict:
        return issues
    return [Issue("error", issue.code, issue.location, issue.message, issue.hint) for issue in issues]


def passes(issues: list[Issue]) -> bool:
    """Whether nothing in `issues` is an error."""
    return all(issue.severity != "error" for issue in issues)


def _without_comments(text: str) -> str:
    """Markdown without its HTML comments."""
    kept, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[start:begin])
        start = end + 3
    return "".join(kept) + text[start:]


def _prose(text: str) -> str:
    """Markdown without code: fenced blocks, and what stands in backticks."""
    kept, fence = [], ""
    for line in text.split("\n"):
        mark = line.lstrip(" ")[:3]
        if fence:
            fence = "" if mark == fence and not line.strip(" `~") else fence
        elif mark in ("```", "~~~"):
            fence = mark
        else:
            kept.append(line)
    return _CODE.sub("", "\n".join(kept))


def _missing(plan: Any, body: str) -> Iterator[Issue]:
    """What no plan can do without."""
    if not plan.goal.strip() and not _GOAL.search(body):
        yield Issue("error", "missing_goal", "goal", "The plan states no goal.", "Add `goal:` to the front matter.")
    if not plan.criteria:
        yield Issue(
            "error",
            "missing_acceptance_criteria",
            "acceptance_criteria",
            "The plan has no acceptance criteria.",
            "Add `acceptance_criteria:` to the front matter, or --criterion.",
        )
    if not plan.todos and not (plan.todos_waived_reason or "").strip():
        yield Issue(
            "error",
            "missing_todos",
            "todos",
            "The plan has no todos.",
            "Add `todos:` to the front matter, or `todos_waived_reason:` with the reason.",
        )
    if not body.strip():
        yield Issue(
            "error",
            "missing_plan_body",
            "body",
            "The plan has no body below its front matter.",
            "Describe the approach in Markdown: whoever implements the plan may have nothing else.",
        )


def _vague_todos(todos: list[PlanTodo]) -> Iterator[Issue]:
    for todo in todos:
        why = _vagueness(todo)
        if why is not None:
            yield Issue(
                "error",
                "todo_not_concrete",
                f"todos.{todo.id}",
                f"Todo {todo.id} is not concrete: {why}.",
                "Say what is done where: name the file, the command or the function, or add a validation_hint.",
            )


def _vagueness(todo: PlanTodo) -> str | None:
    """Why nobody could start on this todo; None when somebody could.

    Words are counted only where nothing concrete is named, and characters of scripts without spaces count for more.
    """
    text = todo.text.strip()
    if " ".join(text.casefold().strip(" .!。！").split()) in _GENERIC:
        return "it says this of any task"
    is_anchored = bool(
        (todo.validation_hint or "").strip()
        or _PATH.search(text)
        or _CODE_NAME.search(text)
        or _COMMAND.search(text)
    )
    wide = sum(east_asian_width(char) in "WF" for char in text)
    dense = len(_DENSE.findall(text))
    if sum(not char.isspace() for char in text) + 2 * wide < 12:
        return "it is too short"
    if not is_anchored and sum(len(word) > 1 for word in text.split()) + wide // 2 + dense // 4 < 3:
        return "it has fewer than three words"
    if not is_anchored and not re.search(r"[/\\.。．]", text):
        return "it names no file, command or function, and has no validation_hint"
    return None


def _placeholders(plan: Any, body: str) -> Iterator[Issue]:
    """What was left of a template (an error), and words that put the thinking off (a warning): one issue a location."""
    fields = [("goal", plan.goal)]
    fields += [(f"acceptance_criteria.{item.id}", item.text) for item in plan.criteria]
    for todo in plan.todos:
        fields += [(f"todos.{todo.id}", todo.text), (f"todos.{todo.id}.validation_hint", todo.validation_hint or "")]
    yield from filter(None, (_placeholder(location, text) for location, text in fields))
    for name in ("files", "test_commands", "expected_outputs"):
        left = [found for item in getattr(plan, name) for found in _left_over(item)[0]]
        if left:
            yield _template_issue(name, left)
    issue = _placeholder("body", body)
    if issue is not None:
        yield issue


def _placeholder(location: str, text: str) -> Issue | None:
    left, doubtful = _left_over(text, is_body=location == "body")
    if left:
        return _template_issue(location, left)
    words = [*doubtful, *(" ".join(found[0].split()) for found in _VAGUE.finditer(_prose(text)))]
    if not words:
        return None
    named = ", ".join(f"`{word}`" for word in dict.fromkeys(words))
    return Issue(
        "warning",
        "placeholder",
        location,
        f"Placeholder words in {location}: {named}.",
        "Say what exactly is meant; put code in backticks.",
    )


def _template_issue(location: str, left: list[str]) -> Issue:
    named = ", ".join(f"<{_short(words)}>" for words in dict.fromkeys(left))
    return Issue(
        "error",
        "placeholder",
        location,
        f"Template placeholders left in {location}: {named}.",
        "Replace each with what is true of this task; put code in backticks.",
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _left_over(text: str, *, is_body: bool = False) -> tuple[list[str], list[str]]:
    """What stands in angle brackets: certainly from a template, and perhaps so.

    Several words are certain, and so is one that fills a field; one word inside a sentence is doubtful. In a
    body (Markdown, where HTML tags are at home) one word counts only if it is not ASCII and fills a line.
    """
    certain, doubtful = [], []
    for found in _ANGLE.finditer(_prose(text)):
        words = found["words"]
        start, end = found.span()
        before, after = found.string[:start], found.string[end:]
        if is_body:
            before, after = before.rpartition("\n")[2], after.partition("\n")[0]
        is_alone = not (before + after).strip(" \t\n-*")
        if "://" in words:
            continue
        if len(words.split()) > 1 or (is_alone and not (is_body and words.isascii())):
            certain.append(words)
        elif not is_body:
            doubtful.append(f"<{words}>")
    return certain, doubtful


def _incomplete(plan: Any, body: str) -> Iterator[Issue]:
    """What a good plan also says."""
    has_hint = any((todo.validation_hint or "").strip() for todo in plan.todos)
    if not plan.files and not _PATH.search(body):
        yield Issue(
            "warning",
            "missing_files",
            "files",
            "The plan names no files.",
            "Add `files:` with the paths that will change.",
        )
    if not plan.test_commands and not _COMMAND.search(body):
        yield Issue(
            "warning",
            "missing_test_commands",
            "test_commands",
            "The plan names no command that tests the result.",
            "Add `test_commands:`.",
        )
    if not plan.expected_outputs and not _EXPECTED.search(body) and not has_hint:
        yield Issue(
            "warning",
            "missing_expected_outputs",
            "expected_outputs",
            "The plan does not say what its commands should print or return.",
            "Add `expected_outputs:`, or a validation_hint to the todos.",
        )
    if plan.todos and not has_hint and not plan.test_commands:
        yield Issue(
            "warning",
            "missing_todo_validation_hint",
            "todos",
            "No todo says how to see that it is done, and there is no test command.",
            "Add `validation_hint:` to the todos.",
        )
