"""What a shell is told when somebody presses the completion key: click finds the parameter, the ledger offers the words."""

from collections.abc import Iterable
from typing import Any

import re

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from gitledger.cli.completion import SHELLS
from gitledger.cli.groups import root_command
from gitledger.cli.main import COMPLETING, take_json
from gitledger.cli.text import one_line, truncate
from gitledger.errors import LedgerError
from gitledger.ops._registry import ROOTS, verbs_apart

# What stands there is put into a command line: a name that a shell would read as anything else is not offered.
_PLAIN = re.compile(r"\w[\w./:@+,-]*")
_WIDTH = 72

# Parameter (after a command or noun, where it means something else elsewhere) → kind of words (ops/_offers.KINDS), or `file`.
_KINDS: dict[str, str] = {
    **dict.fromkeys(("task", "tasks", "parent", "after", "before", "required", "others", "at_task", "since_task"), "task"),
    **dict.fromkeys(("until_task", "depends_on", "blocked_by", "blocks"), "task"),
    **{kind: kind for kind in ("todo", "question", "run", "change", "handoff", "criterion", "intro", "workspace", "priority", "role")},
    **dict.fromkeys(("label", "labels", "add_label", "remove_label", "tags"), "label"),
    **dict.fromkeys(("version", "from_version", "to_version"), "plan"),
    **{"release version": "release", "since": "release", "key": "key", "trigger": "trigger"},
    **{"evidence show evidence": "evidence", "evidence verify evidence": "evidence", "evidence trust evidence": "evidence"},
    **{"task list status": "status", "task uncancel to": "status", "item list status": "status"},
    **{"workspace name": "workspace", "ledger name": "ledger", "ledger source": "ledger", "ledger old": "ledger"},
    **{"ledger a": "ledger", "ledger b": "ledger", "ledger": "ledger", "show ref": "anything"},
    **dict.fromkeys(("plan propose criterion", "plan upsert criterion", "plan regenerate criterion", "file label", "link label"), ""),
    **dict.fromkeys(("path", "paths", "file", "output", "output_dir", "argv", "place"), "file"),
}
_FILES = ("PATH", "FILE", "FOLDER", "SOURCE")


class Answer:
    """One question of a shell, answered: the command line up to the word, and what could stand in its place."""

    def __init__(self, session: Any, shell: str) -> None:
        self.session = session
        kind = get_completion_class(shell)
        assert kind is not None  # SHELLS has it
        self.shell: ShellComplete = kind(root_command(), {"obj": session}, "gitledger", COMPLETING)

    def text(self) -> str:
        """The answer in the form that the shell's script reads."""
        words, start = self.shell.get_completion_args()
        args, is_json = take_json(words)
        items = [*self._verbs(args, start), *self.shell.get_completions(args, start)]
        if start.startswith("-") and "--json".startswith(start) and not is_json:
            items.append(CompletionItem("--json", help="Answer in JSON."))
        return "\n".join(self.shell.format_completion(_tidy(item)) for item in items)

    def _verbs(self, args: list[str], start: str) -> Iterable[CompletionItem]:
        """`tree` is a command and begins others: their verbs."""
        name = args[-1] if args else ""
        is_first = name in ROOTS and not any(word in ROOTS for word in args[:-1])
        return [CompletionItem(verb) for verb in verbs_apart(name) if verb.startswith(start)] if is_first else []


def complete(session: Any, instruction: str) -> None:
    """Say what could stand where the cursor is; an instruction or a line that cannot be understood is answered with nothing."""
    shell, _, verb = instruction.partition("_")
    if shell not in SHELLS or verb != "complete":
        return
    try:
        text = Answer(session, shell).text()
    except (LedgerError, click.ClickException, click.exceptions.Exit, KeyError, ValueError):
        return
    if text:
        session.console.out.write(text + "\n")


def offers(context: click.Context, param: click.Parameter, start: str) -> list[CompletionItem]:
    """What could stand for a parameter of an operation, or of the program."""
    kind = _kind(context, param)
    if kind in ("file", "dir"):
        return [CompletionItem(start, type=kind)]
    if not kind:
        return []
    from gitledger.ops._offers import OfferWords

    session, root = context.find_root().obj, context.find_root()
    try:
        session.place(**{name: root.params.get(name) for name in ("root", "cwd", "ledger", "request_id")}, changed=root.params.get("changed") or ())
        task = context.params.get("task") or context.params.get("task__place")
        found = session.open().run(OfferWords(kind=kind, start=start, task=task if isinstance(task, str) else None))
    except LedgerError:
        return []
    return [CompletionItem(offer.word, help=offer.about) for offer in found.view.offers if _PLAIN.fullmatch(offer.word)]


def _kind(context: click.Context, param: click.Parameter) -> str:
    name = (param.name or "").removesuffix("__place")
    command = " ".join(context.command_path.split()[1:])
    for key in (f"{command} {name}", f"{command.partition(' ')[0]} {name}", name):
        if key.strip() in _KINDS:
            return _KINDS[key.strip()]
    if name in ("root", "cwd", "changed"):
        return "dir"
    metavar = (param.metavar or "").strip("[]").removesuffix("...")
    return "file" if metavar in _FILES or name.endswith("__file") else ""


def _tidy(item: CompletionItem) -> CompletionItem:
    """The item with its explanation on one short line, without anything that a terminal would take for a command."""
    return CompletionItem(item.value, type=item.type, help=truncate(one_line(item.help or ""), _WIDTH) or None)
