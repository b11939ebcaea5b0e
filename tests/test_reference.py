"""The generated reference pages: the command surface and the event types, so that every change of them shows in review.

    python -m tests.test_reference --write      # after a deliberate change
"""

from collections.abc import Iterator
from pathlib import Path

import inspect
import re
import sys

import pytest

from gitledger.model.events import PAYLOADS, Fields
from gitledger.ops._registry import NOUNS, ROOTS, operations_of

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def commands() -> str:
    """`docs/reference/commands.md`: the help of every command, as a terminal shows it."""
    from gitledger.cli.groups import HANDWRITTEN

    lines = ["# Commands", "", "Made from the operation classes by `python -m tests.test_reference --write`.", ""]
    lines += ["```text", help_of(), "```"]
    for name, (_, line) in ROOTS.items():
        lines += ["", f"## {name}", "", line, "", "```text", help_of(name), "```"]
    for name, (_, line) in NOUNS.items():
        lines += ["", f"## {name}", "", line]
        for verb in operations_of(name):
            lines += ["", f"### {name} {verb}", "", "```text", help_of(name, verb), "```"]
    for name, (_, line) in HANDWRITTEN.items():
        lines += ["", f"## {name}", "", line, "", "```text", help_of(name), "```"]
    return "\n".join(lines) + "\n"


def help_of(*words: str) -> str:
    """What `gitledger WORDS --help` prints at 80 columns."""
    import io

    from gitledger.cli.main import run

    out = io.StringIO()
    code = run([*words, "--help"], stdin=None, stdout=out, stderr=out)
    assert code == 0, out.getvalue()
    return out.getvalue().rstrip()


def events() -> str:
    """`docs/reference/events.md`: what each event type holds."""
    lines = [
        "# Event types",
        "",
        "Made from `gitledger/model/events.py` by `python -m tests.test_reference --write`. What has shipped is never changed;",
        "an example of each, byte for byte, is in `tests/wire/events/`. A field that holds its default is not written.",
        "",
        "Every event is one JSON object: `v`, `task` (its uid; absent in the book), `clock`, `after` (the events that it had",
        "seen), `nonce`, `at` (UTC), `op` (the command), `actor`, `request` (optional), `type`, `data`. Types that begin with",
        "`x.` are yours: they are kept and never read.",
    ]
    for name, payload in PAYLOADS.items():
        lines += ["", f"## {name}", "", " ".join((payload.__doc__ or "").split()), "", "| field | type | default |", "|---|---|---|"]
        lines += [f"| `{field}` | {kind} | {default} |" for field, kind, default in fields(payload)]
    lines += ["", "## Fields", "", "What `fields` in `task.created` and `task.edited` may hold: a value sets, null clears, absent leaves as it is."]
    lines += ["", "| field | type |", "|---|---|", *(f"| `{field}` | {kind} |" for field, kind, _ in fields(Fields))]
    return "\n".join(lines) + "\n"


def fields(payload: type) -> Iterator[tuple[str, str, str]]:
    """(name, type, default) of each field."""
    import msgspec

    for field in msgspec.structs.fields(payload):
        kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        kind = str(field.type) if not isinstance(field.type, type) or "[" in str(field.type) else kind
        kind = re.sub(r"\b(?:typing|gitledger\.model\.\w+|msgspec(?:\._core)?)\.", "", kind).replace("NoneType", "null")
        kind = kind.replace("None", "null").replace(" | UnsetType", "").replace("|", "or")
        if field.default is msgspec.UNSET:
            default = "absent"
        elif field.default is not msgspec.NODEFAULT:
            is_empty = isinstance(field.default, Fields)
            default = "empty" if is_empty else "null" if field.default is None else f"`{field.default!r}`".replace("'", '"')
        elif field.default_factory is not msgspec.NODEFAULT:
            default = "empty"
        else:
            default = "required"
        yield field.name, kind, default


PAGES = {"commands.md": commands, "events.md": events}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert (REFERENCE / name).read_text() == PAGES[name](), "refresh it: python -m tests.test_reference --write"


@pytest.mark.parametrize("noun", [*NOUNS, *ROOTS])
def test_every_command_has_a_help_line_that_is_its_docstring(noun):
    table = NOUNS.get(noun) or ROOTS[noun]
    for verb, op in operations_of(noun).items():
        first = (inspect.getdoc(op) or "").partition("\n")[0]
        assert first.endswith("."), f"{op.command}: {first!r}"
        if not verb:
            assert first == table[1], "the table of the registry repeats the first line of the docstring"


def test_every_option_has_help():
    from gitledger.cli.build import fields_of

    missing = [
        f"{op.command} {field.shown}"
        for name in [*ROOTS, *NOUNS]
        for op in operations_of(name).values()
        for field in fields_of(op)
        if not field.help
    ]
    assert not missing


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    import os

    os.environ["COLUMNS"] = "100"
    for page, make in PAGES.items():
        (REFERENCE / page).write_text(make())
