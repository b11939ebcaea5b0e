"""The hooks of a repository: installed, taken away, looked at, run, and the message hooks run on behalf of Python."""

from collections.abc import Sequence

import glob
import os
import shutil
import sys

from gitledger.errors import Refused, StorageError
from gitledger.exec import run_child, stream_child
from gitledger.git import Git, list_settings, set_setting, unset_setting
from gitledger.git.hooks import HooksPlace, find_hooks
from gitledger.git.settings import add_setting, unset_value
from gitledger.ledger import hookfiles, hookmanagers
from gitledger.ledger.hookstatus import COMMAND, HookCheck
from gitledger.ledger.shell import Ledger
from gitledger.ledger.stamp import current_stamp, refresh_stamp, stamp_folder
from gitledger.ops._facts import PROGRAM
from gitledger.ops._hook_views import (
    HOOKS,
    HooksStatus,
    InstalledHooks,
    Manager,
    PutHook,
    RanHook,
    RemovedHook,
    Snippet,
    UninstalledHooks,
)

DISPLAY = "notes.displayRef"
NOTES = "refs/notes/taskledger"
SHELL = "/bin/sh"
MESSAGE_S = 8


class Hooks:
    """What a LocalOperation is handed: the hooks of the repository that a ledger lives in."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.repo = ledger.repo
        self.git = Git(self.repo.git_dir, self.repo.common_dir, self.repo.work_tree, ledger.config.environ)

    # ---------------------------------------------------------------- install

    def install(self, named: Sequence[str], *, show_notes: bool, beside: bool) -> InstalledHooks:
        """Put the hooks where git looks, or where another manager's hooks can call them."""
        if self.repo.work_tree is None:
            raise Refused(
                "Nobody commits in a bare repository, so that there is nothing to hook into.",
                code="NO_WORK_TREE",
                hint=(PROGRAM, "where"),
            )
        wanted = [hook for hook in HOOKS if hook in _with_company(named)]
        place = find_hooks(self.git)
        if os.path.lexists(place.folder) and not os.path.isdir(place.folder):
            raise Refused(
                f"core.hooksPath leads to {place.folder}, which is no folder: git runs no hooks here.",
                code="HOOKS_OFF",
                hint=("git", "config", "--show-origin", "--get-all", "core.hooksPath"),
            )
        is_private = hookmanagers.is_private(self.repo, place)
        manager = None if beside and is_private else hookmanagers.find_manager(self.repo, place)
        folder = place.folder if manager is None else hookmanagers.private_folder(self.repo)
        hookfiles.refuse_crowded(folder, wanted)
        # pre-commit runs the hooks of its own copy of gitledger's repository.
        put = self._put(folder, wanted) if manager != "pre-commit" else []
        settings = self._set(show_notes)
        stamp = refresh_stamp(self.ledger, begin=True)
        changed = settings or any(hook.status in ("installed", "updated") for hook in put)
        warnings = [_left(hook.path) for hook in put if hook.status == "changed_by_hand"]
        if stamp is None:
            warnings.append("What is current could not be written down for the hooks; they ask Python each time.")
        return InstalledHooks(
            folder=folder,
            is_written=manager is None,
            manager=manager,
            hooks=put,
            snippet=None if manager is None else self._snippet(place, manager, wanted),
            interpreter=sys.executable,
            shows_notes=self._shows_notes(),
            changed=changed,
            warnings=warnings,
        )

    def _snippet(self, place: HooksPlace, manager: Manager, wanted: list[str]) -> Snippet | None:
        """What has to be added to the manager's files; None where all is there."""
        # A post-rewrite hook of pre-commit is not told which commits were rewritten.
        useful = [hook for hook in wanted if (manager, hook) != ("pre-commit", "post-rewrite")]
        lacking = [hook for hook in useful if not hookmanagers.calls_ours(self.repo, place, manager, hook)]
        return hookmanagers.snippet(self.repo, place, manager, lacking) if lacking else None

    def _put(self, folder: str, hooks: list[str]) -> list[PutHook]:
        hookfiles.make_folder(folder)
        put = []
        # What they read comes first: a hook works from the moment it is there.
        for name in (*hookfiles.SHARED, *hooks):
            status = hookfiles.put(folder, name)
            found = hookfiles.inspect(folder, name)
            put.append(PutHook(hook=name, path=found.path, status=status, chained=found.aside))
        return [file for file in put if file.hook in HOOKS or file.status == "changed_by_hand"]

    def _set(self, show_notes: bool) -> bool:
        """Write git's settings; whether any of them changed."""
        is_new = dict(list_settings(self.git, is_local=True)).get(COMMAND) != sys.executable
        if is_new:
            set_setting(self.git, COMMAND, sys.executable)
        adds = show_notes and not self._shows_notes()
        if adds:
            add_setting(self.git, DISPLAY, NOTES)
        self.repo.forget_settings()
        return is_new or adds

    def _shows_notes(self) -> bool:
        shown = [value for name, value in list_settings(self.git) if name == DISPLAY.lower()]
        return any(value in (NOTES, "refs/notes/*", "*") for value in shown)

    # ---------------------------------------------------------------- uninstall

    def uninstall(self) -> UninstalledHooks:
        """Take our files out of every folder of this clone in which they may lie, and the settings with them."""
        removed: list[RemovedHook] = []
        for folder in self._folders():
            removed += self._take_away(folder)
        left = [hook.path for hook in removed if hook.status == "changed_by_hand"]
        settings = [] if left else self._unset()
        if not left:
            self._forget()
        return UninstalledHooks(
            hooks=removed,
            settings=settings,
            changed=bool(settings) or len(left) < len(removed),
            warnings=[_left(path) for path in left],
        )

    def _folders(self) -> list[str]:
        place = find_hooks(self.git)
        own = [place.folder] if hookmanagers.is_private(self.repo, place) else []
        usual = os.path.join(self.repo.common_dir, "hooks")
        return list(dict.fromkeys([*own, usual, hookmanagers.private_folder(self.repo)]))

    def _take_away(self, folder: str) -> list[RemovedHook]:
        removed = []
        for name in HOOKS:
            status = hookfiles.take_away(folder, name)
            if status is not None:
                removed.append(RemovedHook(hook=name, path=os.path.join(folder, name), status=status))
        if not any(hook.status == "changed_by_hand" for hook in removed):
            for name in hookfiles.SHARED:
                hookfiles.take_away(folder, name)
        if folder == hookmanagers.private_folder(self.repo) and os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
        return removed

    def _forget(self) -> None:
        """Remove what was written down for the hooks, and by them."""
        shutil.rmtree(stamp_folder(self.repo), ignore_errors=True)
        for path in glob.glob(os.path.join(glob.escape(self.repo.local_dir), "template-*")):
            os.unlink(path)

    def _unset(self) -> list[str]:
        """Forget our settings; the interpreter only where it is this one, or is no more."""
        found = list_settings(self.git, is_local=True)
        unset = []
        command = dict(found).get(COMMAND)
        if command is not None and (command == sys.executable or not os.path.exists(command)):
            unset_setting(self.git, COMMAND)
            unset.append(COMMAND)
        if (DISPLAY.lower(), NOTES) in found:
            unset_value(self.git, DISPLAY, NOTES)
            unset.append(DISPLAY)
        self.repo.forget_settings()
        return unset

    # ---------------------------------------------------------------- status, run

    def status(self) -> HooksStatus:
        """Whether git reaches the hooks, and they reach gitledger."""
        return HookCheck(self.ledger, find_hooks(self.git), self._folders()).view()

    def run(self, hook: str, args: Sequence[str]) -> RanHook:
        """Run a hook in Python, on our standard streams."""
        environ = self.ledger.config.environ
        if environ.get("GITLEDGER_HOOKS") == "0":
            return RanHook(hook=hook, exit_code=0)
        argv = [sys.executable, "-P", "-m", "gitledger.githooks", hook, *args]
        # Git too sends what a hook prints to standard error.
        ended = stream_child(
            argv, cwd=self.ledger.path, environ={**environ, "GITLEDGER_HOOKS": "0"}, sink=lambda _, data: _write_error(data)
        )
        return RanHook(hook=hook, exit_code=ended.exit_code)


def _write_error(data: bytes) -> None:
    """Write bytes to standard error, as far as anybody reads it."""
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        return


def run_message_hook(ledger: Ledger, hook: str, args: Sequence[str]) -> str:
    """Do what `commit-msg` and `prepare-commit-msg` do with a message file, where the shell could not tell what is current.

    The rules for messages are in the shell alone: it gets a fresh stamp and asks no more. Returns what it said.
    """
    if ledger.tip is None and hook == "commit-msg":
        return ""
    argv = [SHELL, os.path.join(hookfiles.shims_folder(), hook), *args]
    if hook == "commit-msg":
        stamp = refresh_stamp(ledger, begin=True)
        if stamp is None:
            current_stamp(ledger)  # It says what is amiss, if that is not the disk.
            raise StorageError("What is current could not be written down.", code="WRITE_FAILED", hint=(PROGRAM, "where"))
        argv = [*argv[:3], "--stamp", stamp]
    # Python is on its way already: the shell is not to think that it was switched off.
    environ = {name: value for name, value in ledger.config.environ.items() if name != "GITLEDGER_HOOKS"}
    return run_child(argv, cwd=ledger.path, environ=environ, timeout_s=MESSAGE_S).output.decode("utf-8", "replace").strip()


def _with_company(named: Sequence[str]) -> Sequence[str]:
    """Of two hooks that work together, both."""
    if not named:
        return HOOKS
    return [*named, "prepare-commit-msg"] if "commit-msg" in named else named


def _left(path: str) -> str:
    return f"{path} was edited after gitledger put it there; it is left as it is."
