"""What the commands of the noun `hooks` answer with."""

from typing import Literal, get_args

from msgspec import field

from gitledger.ops._views import View

HookName = Literal[
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-rewrite",
    "post-checkout",
    "post-merge",
    "pre-push",
]
HOOKS: tuple[str, ...] = get_args(HookName)

Manager = Literal["husky", "lefthook", "pre-commit", "core.hooksPath"]


class Snippet(View):
    """What to add to files of the work tree, so that another manager's hooks call ours. `files` are relative to its top."""

    text: str
    files: list[str]


class PutHook(View):
    """What became of one hook. `changed_by_hand`: our file was edited, and is left as it is. `chained`: the hook that runs before it."""

    hook: str
    path: str
    status: Literal["installed", "updated", "unchanged", "changed_by_hand"]
    chained: str | None


class InstalledHooks(View):
    """What was installed. `written`: into the folder in which git looks; else `snippet` is what leads there, and `manager` whose folder it is."""

    folder: str
    is_written: bool = field(name="written")
    manager: Manager | None
    hooks: list[PutHook]
    snippet: Snippet | None
    interpreter: str
    shows_notes: bool
    changed: bool
    warnings: list[str]
    kind: Literal["hooks_install"] = "hooks_install"


class RemovedHook(View):
    """What became of one hook. `restored`: what was there before is there again."""

    hook: str
    path: str
    status: Literal["removed", "restored", "changed_by_hand"]


class UninstalledHooks(View):
    """What was taken away."""

    hooks: list[RemovedHook]
    settings: list[str]
    changed: bool
    warnings: list[str]
    kind: Literal["hooks_uninstall"] = "hooks_uninstall"


class HookState(View):
    """One hook as git would find it. `ok`: git runs it; `managed`: git runs another's, which calls it; `absent`: it was not installed."""

    hook: str
    path: str
    status: Literal["ok", "managed", "absent", "outdated", "broken"]
    chained: str | None
    problem: str | None


class HooksStatus(View):
    """Whether git reaches the hooks, and they reach gitledger. `source` says why git looks in `folder`."""

    healthy: bool
    folder: str
    source: str
    manager: Manager | None
    interpreter: str | None
    hooks: list[HookState]
    problems: list[str]
    next_command: str | None
    kind: Literal["hooks_status"] = "hooks_status"

    @property
    def report_exit(self) -> int:
        """The exit code: 7 where a hook does not work."""
        return 0 if self.healthy else 7


class RanHook(View):
    """The exit code of a hook; git goes on after 0."""

    hook: str
    exit_code: int
    kind: Literal["hooks_run"] = "hooks_run"

    @property
    def report_exit(self) -> int:
        """The hook's own exit code."""
        return self.exit_code
