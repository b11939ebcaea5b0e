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
    "comment": ("comment", "Remarks on tasks."),
    "require": ("require", "Tasks that must be done before this one."),
    "lock": ("lock", "Who works on a task now, and breaking a stale claim."),
    "remote": ("sync", "The remote that ledgers are shared with."),
    "ledger": ("ledger", "The ledgers of this repository: fork, switch, adopt, merge, compare, rename, delete."),
    "actor": ("actor", "Who you are to the ledger."),
}

# command at the root → (module, help line).
ROOTS: dict[str, tuple[str, str]] = {
    "init": ("ledger", "Start a ledger in this repository."),
    "status": ("status", "Show what the ledger holds: counts, active task, health."),
    "where": ("status", "Show which repository, ledger and task commands act on here, and why."),
    "version": ("status", "Show the version of gitledger, and of the formats it reads and writes."),
    "next-action": ("next_action", "Show the next concrete step of a task, and the command for it."),
    "can": ("next_action", "Check whether an action could start now, and what stands in its way."),
    "ready": ("ready", "List the tasks that can be worked on now, the first to take first."),
    "next": ("ready", "Show the task to take next: the first that is ready."),
    "blocked": ("ready", "List the tasks that wait for others or are on hold, each with the chain of tasks that blocks it."),
    "advance": ("advance", "Move a task along its workflow."),
    "transitions": ("advance", "Show which triggers could move a task now, where each would lead, and what is in the way of the others."),
    "hold": ("advance", "Put a task on hold: nothing is started or finished on it until `resume`."),
    "resume": ("advance", "Lift the hold on a task: it stands again where it stood."),
    "move": ("move", "Give a task another parent, or another place among the parts of its parent."),
    "tree": ("tree", "Show tasks with their parts under them: one task with its own, or all from the root."),
    "graph": ("graph", "Draw which tasks wait for which, with the critical path: the longest chain of unfinished work."),
    "stale": ("ready", "List the tasks that nothing happened to for long, the longest first."),
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
}


def operations_of(name: str) -> "dict[str, type[Operation]]":
    """The operations of a noun by verb, or `{"": operation}` for a command at the root. Imports its module."""
    if name in NOUNS:
        module = import_module(f"gitledger.ops.{NOUNS[name][0]}")
        return {op.command.partition(" ")[2]: op for op in module.OPERATIONS if op.command.partition(" ")[0] == name}
    module = import_module(f"gitledger.ops.{ROOTS[name][0]}")
    return {"": op for op in module.OPERATIONS if op.command == name}


def all_operations() -> "list[type[Operation]]":
    """Every operation there is, in the order of the command line. Imports every noun."""
    return [op for name in [*ROOTS, *NOUNS] for op in operations_of(name).values()]
