"""Which module holds which command, so that a face loads only the noun that was named."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitledger.ops._base import Operation

# noun → (module, help line). The help line of a group stands here, so that `--help` imports no noun.
NOUNS: dict[str, tuple[str, str]] = {
    "task": ("task", "Create, list, show, edit and cancel tasks, and choose the active one."),
    "item": ("item", "Light tasks: no plan and no stages, from queue over work and review to done."),
    "plan": ("plan", "Plan a task: start, propose, lint, accept or reject."),
    "question": ("question", "Ask and answer the questions that a plan needs."),
    "todo": ("todo", "The todos of a task, with evidence when they are done."),
    "implement": ("implement", "Carry out an accepted plan and log what changed."),
    "validate": ("validate", "Check the acceptance criteria and finish the task."),
    "evidence": ("evidence", "What proves the work: said or captured, and whether it still holds."),
    "commits": ("commits", "The commits of a task: recorded, linked, found again after a rewrite."),
    "hooks": ("hooks", "The git hooks that stamp commits with their task: install, uninstall, status, run."),
    "dep": ("dep", "What depends on what: add, remove, list, draw and check dependencies."),
    "tag": ("tag", "The labels of tasks."),
    "workspace": ("workspace", "Workspaces: named tag filters for listings."),
    "comment": ("comment", "Remarks on tasks."),
    "note": ("note", "Notes on tasks by key, each with the role in which it is due."),
    "types": ("types", "Types of tasks: the notes and gates that they ask for, and a task checked against its own."),
    "file": ("file", "The files of the repository that belong to a task, and those that validation needs."),
    "link": ("file", "The addresses that belong to a task."),
    "intro": ("intro", "Introductions: texts that several tasks begin with, written once."),
    "handoff": ("handoff", "Hand a task over: keep what the next worker needs, claim it, close it."),
    "release": ("release", "Tag releases, and gather what their changelogs are written from."),
    "require": ("require", "Tasks that must be done before this one."),
    "lock": ("lock", "Who works on a task now, and breaking a stale claim."),
    "remote": ("sync", "The remote that ledgers are shared with."),
    "ledger": ("ledger", "The ledgers of this repository: fork, switch, adopt, merge, compare, rename, delete."),
    "migrate": ("migrate", "Migrations: none is ever needed, and these commands say why."),
    "repair": ("repair", "What taskledger has to repair: how that stands here, and what to do instead."),
    "actor": ("actor", "Who you are to the ledger, and who acts in this repository."),
    "harness": ("actor", "The program that actors in this repository work in."),
}

# command at the root → (module, help line).
ROOTS: dict[str, tuple[str, str]] = {
    "init": ("ledger", "Start a ledger in this repository."),
    "status": ("status", "Show what the ledger holds: counts, active task, health."),
    "view": ("view", "Show how a task stands: its next step, progress, todos, questions, plan, runs and last events."),
    "show": ("show", "Show whatever a reference names: a task, an item of one, or an event."),
    "where": ("status", "Show which repository, ledger and task commands act on here, and why."),
    "version": ("status", "Show the version of gitledger, and of the formats it reads and writes."),
    "next-action": ("next_action", "Show the next concrete step of a task, and the command for it."),
    "can": ("next_action", "Check whether an action could start now, and what stands in its way."),
    "ready": ("ready", "List the tasks that can be worked on now, the first to take first."),
    "next": ("ready", "Show the task to take next: the first that is ready; one with unfinished parts comes after all others."),
    "blocked": ("waiting", "List the tasks that wait for others or are on hold, each with the chain of tasks that blocks it."),
    "advance": ("advance", "Move a task along its workflow."),
    "transitions": ("advance", "Show which triggers could move a task now, where each would lead, and what is in the way of the others."),
    "hold": ("advance", "Put a task on hold: nothing is started or finished on it until `resume`."),
    "resume": ("advance", "Lift the hold on a task: it stands again where it stood."),
    "move": ("move", "Give a task another parent, or another place among the parts of its parent."),
    "overview": ("overview", "Show the whole ledger at a glance: counts, what is under way, what to take next, what is blocked, what is stale."),
    "metrics": ("metrics", "Show how work flows: throughput, lead and cycle time, work in progress and its age, what came back, what lies about."),
    "search": ("search", "Search the tasks for words: in titles, labels, descriptions, todos, notes and plans."),
    "grep": ("grep", "Search the repository's files for a pattern, as `git grep` does."),
    "symbols": ("symbols", "Find where functions, classes, methods and types are defined in the repository's files, by a part of their name."),
    "deps": ("deps", "Show what a file of the repository imports, and which of its files import it."),
    "tree": ("tree", "Show tasks with their parts under them: one task with its own, or all from the root."),
    "graph": ("graph", "Draw which tasks wait for which, with the critical path: the longest chain of unfinished work."),
    "batch": ("batch", "Carry out a list of operations in one entry: all of them, or none."),
    "stale": ("waiting", "List the tasks that nothing happened to for long, the longest first."),
    "run": (
        "run",
        "Run a program and record what came of it as evidence: exit code, time, output's digest and end, source tree.",
    ),
    "claim": ("claim", "Claim a task, so that nobody else works on it; or with --next the first one that is ready."),
    "unclaim": ("claim", "Give up your claim on a task. A run that goes on stays, for whoever takes it up."),
    "claims": ("claim", "List who works on what: the open claims, those that have run out too."),
    "sync": ("sync", "Bring the ledger and the elected remote's to the same tip: fetch, check, merge, settle numbers, push."),
    "fetch": ("sync", "Fetch what a remote's ledgers are now, and check it; nothing is merged."),
    "pull": ("sync", "Fetch from a remote, check, and merge into the current ledger; nothing is sent, and no number is settled."),
    "push": ("sync", "Push the current ledger to the elected remote, if that is where it was last fetched; never forced."),
    "export": ("export", "Write the ledger, or tasks of it, to a file: every event, behind a manifest of digests."),
    "import": ("export", "Read an export: check it like anything fetched, and merge it in one entry."),
    "snapshot": ("export", "Write what `export` writes as plain files into a new folder."),
    "context": ("context", "Show what a fresh worker needs to know about a task."),
    "conflicts": (
        "conflicts",
        "List what a person should look at: fields set on two sides, numbers and slugs held twice, rival claims.",
    ),
    "whence": ("whence", "Show where code comes from: the task of a commit or a line, its plan, who accepted it, its criteria and their checks."),
    "blame": ("whence", "Show which task each line of a file comes from, as `git blame` shows the commits."),
    "log": ("log", "Show the entries of the ledger, or of one task, newest first."),
    "verify": ("verify", "Prove that the ledger is whole: every name, every record, the whole chain."),
    "reindex": ("verify", "Build the local index anew from the ledger."),
    "doctor": (
        "doctor",
        "Look for everything that may be wrong: storage, records, numbers, dependencies, claims, index, settings, policy.",
    ),
}

# Verbs that need much more than the rest of their noun, and live apart from it: command → module.
APART: dict[str, str] = {
    "doctor locks": "doctor",
    "doctor schema": "doctor",
    "doctor indexes": "doctor",
    **dict.fromkeys(("task uncancel", "task close", "task follow-up"), "_closing"),
    **dict.fromkeys(("task archive", "task unarchive", "task renumber", "task delete"), "_shelving"),
    "task record": "_task_record",
    "task dossier": "_dossier",
    "task report": "_report",
    "tree create": "_planting",
    "tree complete": "_completing",
    "graph export": "_graph_export",
    "graph import": "_graph_import",
}


def operations_of(name: str) -> "dict[str, type[Operation]]":
    """The operations of a noun by verb; that of a command at the root is under `""`. Imports its modules."""
    return own_operations(name) | {verb: operation_apart(name, verb) for verb in verbs_apart(name)}


def own_operations(noun: str) -> "dict[str, type[Operation]]":
    """The operations of a noun by verb, without those that live apart. Imports the noun's module alone."""
    if noun in ROOTS:
        return {"": _operation(noun, ROOTS[noun][0])}
    found = import_module(f"gitledger.ops.{NOUNS[noun][0]}").OPERATIONS
    return {op.command.partition(" ")[2]: op for op in found if op.command.partition(" ")[0] == noun}


def verbs_apart(noun: str) -> list[str]:
    """The verbs of a noun that live in modules of their own. Imports nothing."""
    return [verb for first, _, verb in (command.partition(" ") for command in APART) if first == noun]


def operation_apart(noun: str, verb: str) -> "type[Operation]":
    """The operation of a verb that lives apart. Imports its module."""
    return _operation(f"{noun} {verb}", APART[f"{noun} {verb}"])


def operation_at(name: str, verb: str) -> "type[Operation] | None":
    """The operation of a verb, or with `""` of a command at the root; None where there is none. Imports its module alone."""
    return operation_apart(name, verb) if verb in verbs_apart(name) else own_operations(name).get(verb)


def _operation(command: str, module: str) -> "type[Operation]":
    found = import_module(f"gitledger.ops.{module}").OPERATIONS
    return next(op for op in found if op.command == command)


def all_operations() -> "list[type[Operation]]":
    """Every operation there is, in the order of the command line. Imports every noun."""
    return [op for name in [*ROOTS, *NOUNS] for op in operations_of(name).values()]
