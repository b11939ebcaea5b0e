"""How a refusal, a usage error and a bug are said: on stderr for people, as an envelope for programs."""

import platform
import shlex
import sys
from collections.abc import Sequence
from typing import Any

import click

from gitledger.cli.console import Console, Styled
from gitledger.cli.session import PROGRAM, Session
from gitledger.cli.text import one_line
from gitledger.errors import InvalidInput, LedgerError


def say_failure(session: Session, error: LedgerError) -> int:
    """Say a refusal; returns the exit code. Bad input that has no hint of its own is helped by the help of the command."""
    if isinstance(error, InvalidInput) and not error.hint:
        error.hint = _help_of(session)
    if session.json:
        session.say_json({"ok": False, "command": session.command, "error": error.to_dict()})
    else:
        _say_for_people(session.console, error)
    return error.exit_code


def _say_for_people(console: Console, error: LedgerError) -> None:
    console.talk(Styled("error: ", "red"), error.message)
    for blocker in _listed(error.details, "blockers", "blocking", "dependency_blockers"):
        if not isinstance(blocker, dict) or blocker.get("message") != error.message:
            _say_blocker(console, blocker, error.hint_text)
    for candidate in _listed(error.details, "candidates"):
        console.talk("  ", _candidate(candidate))
    for step in error.remediation:
        console.talk("  ", step)
    if error.hint_text:
        console.talk(Styled("hint: ", "cyan"), error.hint_text)


def _listed(details: dict[str, Any], *keys: str) -> list[Any]:
    return [item for key in keys for item in details.get(key) or [] if isinstance(details.get(key), list)]


def _say_blocker(console: Console, blocker: Any, hint: str | None) -> None:
    if not isinstance(blocker, dict):
        console.talk("  - ", one_line(str(blocker)))
        return
    console.talk("  - ", one_line(str(blocker.get("message") or blocker.get("kind") or "")))
    if blocker.get("command_hint") not in (None, hint):
        console.talk("    ", Styled(str(blocker["command_hint"]), "cyan"))


def _candidate(candidate: Any) -> str:
    if not isinstance(candidate, dict):
        return one_line(str(candidate))
    parts = [str(candidate.get("uid", ""))[:8], *(str(candidate.get(key, "")) for key in ("id", "slug", "title"))]
    return "  ".join(one_line(part) for part in parts if part)


# ---------------------------------------------------------------------------------------------- usage


def usage_error(session: Session, error: click.ClickException) -> LedgerError:
    """click's complaint as ours; the hint is the help of the command that was being parsed."""
    message = _complaint(error)
    hint = _help_of(session)
    words = hint[1:-1]
    if isinstance(error, click.NoSuchOption) and words and error.option_name in ("--root", "--cwd", "--ledger", "--request-id", "-C"):
        message = f"{error.option_name} goes before the command: {PROGRAM} {error.option_name} ... {' '.join(words)}"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = f"A command is missing after {' '.join([PROGRAM, *words])!r}."
    return InvalidInput(message if message.endswith((".", "?", "!")) else message + ".", hint=hint)


def _help_of(session: Session) -> tuple[str, ...]:
    """The command that explains the one that was being parsed or run."""
    words = [] if session.command == PROGRAM else session.command.split(".")
    return (PROGRAM, *words, "--help")


def _complaint(error: click.ClickException) -> str:
    """click's message, the same in all its releases for the commonest one."""
    if not isinstance(error, click.NoSuchOption):
        return error.format_message()
    near = sorted(error.possibilities or [])
    return f"No such option: {error.option_name}." + (f" Did you mean {' or '.join(near[:3])}?" if near else "")


def check_arguments(argv: Sequence[str]) -> None:
    """Refuse arguments that are not UTF-8: the ledger could not hold them."""
    for position, argument in enumerate(argv, 1):
        if not argument.isascii() and any("\ud800" <= char <= "\udfff" for char in argument):
            raise InvalidInput(f"Argument {position} is not valid UTF-8.", hint=(PROGRAM, "--help"))


# ---------------------------------------------------------------------------------------------- bugs


def version() -> str:
    """The version of the program."""
    import gitledger

    return getattr(gitledger, "__version__", "0+unknown")


def say_bug(session: Session, argv: Sequence[str], error: BaseException) -> int:
    """Say that gitledger itself failed: a report ready to paste, never a bare traceback."""
    report = bug_report(argv, error)
    message = f"gitledger itself failed ({type(error).__name__}). Nothing you did should cause this."
    if session.recorded:
        message += " What the command was to record is recorded; only the answer failed."
    if session.json:
        details = {"report": report, "where": where_to_file(), "events": list(session.recorded)}
        failed = LedgerError(
            message,
            hint=(PROGRAM, "version", "--full"),
            remediation=(f"Please report it: {where_to_file()}",),
            details=details,
        )
        return say_failure(session, failed)
    session.console.talk(Styled("error: ", "red"), message)
    session.console.talk(f"Please report it at {where_to_file()}; everything below the line can be pasted")
    session.console.talk("as it is, once you have seen that nothing private is in it.\n")
    session.console.talk("-" * 72)
    session.console.talk(report)
    return 1


def bug_report(argv: Sequence[str], error: BaseException) -> str:
    """Command, versions, platform and traceback as Markdown."""
    import traceback

    trace = "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(
        [
            "## gitledger failed",
            "",
            f"- command: `{shlex.join([PROGRAM, *argv])}`",
            f"- gitledger: {version()}",
            f"- Python: {sys.version.split()[0]}",
            f"- platform: {platform.platform()}",
            "",
            "### Traceback",
            "",
            "```",
            trace,
            "```",
        ]
    )


def where_to_file() -> str:
    """The address of the issue tracker, as the installed package states it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = dict(line.split(", ", 1) for line in metadata(PROGRAM).get_all("Project-URL") or [])
    except PackageNotFoundError:
        urls = {}
    return urls.get("Issues") or urls.get("Repository") or "the issue tracker of gitledger"
