"""What every refusal owes its reader: a code, an exit code, a sentence, and a hint that can be run as it stands."""

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import click

from gitledger.cli.groups import root_command
from gitledger.cli.session import Session
from tests.conftest import Repo, Result

# C0 but newline and tab, DEL, C1, bidirectional embeddings, overrides and isolates.
HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def assert_runnable(hint: str) -> list[str]:
    """The hint is one command line, quoted for a shell, of a command and options that exist. Returns its words."""
    words = shlex.split(hint)
    assert shlex.join(words) == hint, f"not quoted as a shell would read it: {hint}"
    assert not HOSTILE.search(hint), f"control characters in {hint!r}"
    assert not {"--force", "-f", "--hard", "-D", "--delete"} & set(words), f"a hint never forces or deletes: {hint}"
    assert words[0] in ("git", "gitledger"), hint
    if words[0] == "gitledger":
        _parse(words[1:])
    else:
        assert len(words) > 1, hint
    return words


def _parse(words: list[str]) -> None:
    """Let click parse the line as the program would, without running anything."""
    session = Session(stdin=None, stdout=io.StringIO(), stderr=io.StringIO(), environ={}, json=False)
    command: click.Command = root_command()
    context = None
    with contextlib.suppress(click.exceptions.Exit):
        while True:
            context = command.make_context(words[0] if words else "", list(words), parent=context, obj=session)
            if not isinstance(command, click.Group):
                return
            rest = [*context._protected_args, *context.args]
            _, found, words = command.resolve_command(context, rest)
            assert found is not None, rest
            command = found


def refs(repo: Repo) -> str | None:
    """All refs with their values; None where git itself cannot tell."""
    with contextlib.suppress(AssertionError):
        return repo.git("for-each-ref")
    return None


def assert_refused(result: Result, code: str, exit_code: int, command: str | None = None) -> Any:
    """A refusal as programs see it (`--json`); returns its error object."""
    assert "Traceback" not in result.stdout + result.stderr, result
    answer = result.json
    assert answer["ok"] is False, result
    error = answer["error"]
    assert (error["code"], error["exit_code"], result.exit_code) == (code, exit_code, exit_code), result
    assert result.stderr == "", result
    assert error["message"].strip() and error["message"][-1] in ".?!", error["message"]
    assert len(error["message"]) < 2000, error["message"]
    assert error["hint"], f"{code} has no hint: {error['message']}"
    assert_runnable(error["hint"])
    assert not HOSTILE.search(result.stdout)
    if command is not None:
        assert answer["command"] == command
    return error


def assert_said(result: Result, exit_code: int) -> str:
    """The same refusal as people see it; returns what was said."""
    assert result.exit_code == exit_code, result
    assert result.stdout == "", result
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: "), result
    assert "hint: " in result.stderr, result
    assert not HOSTILE.search(result.stderr), repr(result.stderr)
    return result.stderr


def walk(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
