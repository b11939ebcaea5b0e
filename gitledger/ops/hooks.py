"""The hooks that let git tell gitledger of commits: install, uninstall, look whether they work, run one."""

from typing import Annotated, Any

from gitledger.ops._base import LocalOperation, Operation, arg, opt
from gitledger.ops._hook_views import HookName, HooksStatus, InstalledHooks, RanHook, UninstalledHooks


class InstallHooks(LocalOperation, frozen=True, kw_only=True):
    """Install the hooks that stamp commits with their task, record them, and ask the policy.

    A hook that is there already goes on running, before ours. Where the hooks folder is not this repository's own
    (core.hooksPath of yours, or in the work tree), or husky, lefthook or pre-commit takes care of it, nothing is written
    there: what to add to its files is printed instead. core.hooksPath is never set. Doing it again brings the hooks up
    to date.
    """

    command = "hooks install"

    hooks: Annotated[list[HookName], arg("Which hooks; left out, all of them.", metavar="HOOK...")] = []
    show_notes: Annotated[bool, opt("Let git log show the notes that name the task of a commit.")] = False
    beside: Annotated[bool, opt("Into this repository's hooks folder, although another hook manager was recognised.")] = False

    def perform(self, hooks: Any) -> InstalledHooks:
        return hooks.install(self.hooks, show_notes=self.show_notes, beside=self.beside)


class UninstallHooks(LocalOperation, frozen=True, kw_only=True):
    """Take the hooks away, and put back what was there before, byte for byte.

    A hook of ours that somebody has edited is left as it is.
    """

    command = "hooks uninstall"

    def perform(self, hooks: Any) -> UninstalledHooks:
        return hooks.uninstall()


class ShowHooks(LocalOperation, frozen=True, kw_only=True):
    """Show whether git reaches each hook, and why not. Exits with 7 where one does not work."""

    command = "hooks status"
    writes = False

    def perform(self, hooks: Any) -> HooksStatus:
        return hooks.status()


class RunHook(LocalOperation, frozen=True, kw_only=True):
    """Run a hook as git would, for hook managers: with git's arguments and standard input.

    Its exit code is the hook's. GITLEDGER_HOOKS=0 switches it off.
    """

    command = "hooks run"

    hook: Annotated[HookName, arg("The hook.")]
    args: Annotated[list[str], arg("What git gives the hook, after `--`.", metavar="ARGS...")] = []

    def perform(self, hooks: Any) -> RanHook:
        return hooks.run(self.hook, self.args)


OPERATIONS: tuple[type[Operation], ...] = (InstallHooks, UninstallHooks, ShowHooks, RunHook)
