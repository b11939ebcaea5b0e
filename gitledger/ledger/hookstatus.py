"""Whether the hooks work: the way from git to each of them, and from them to Python, is gone."""

import os

from gitledger.errors import LedgerError, command_line
from gitledger.exec import run_child
from gitledger.git.hooks import HooksPlace
from gitledger.ledger import hookfiles, hookmanagers
from gitledger.ledger.shell import Ledger
from gitledger.ops._facts import PROGRAM
from gitledger.ops._hook_views import HOOKS, HooksStatus, HookState

COMMAND = "taskledger.command"
PROBE_S = 20


class HookCheck:
    """Looks at the hooks of a repository, whose git looks for them at `place`; `folders` are all in which ours may lie."""

    def __init__(self, ledger: Ledger, place: HooksPlace, folders: list[str]) -> None:
        self.ledger = ledger
        self.repo = ledger.repo
        self.place = place
        self.others = [folder for folder in folders if folder != place.folder]
        self.private = hookmanagers.private_folder(ledger.repo)
        self.manager = hookmanagers.find_manager(ledger.repo, place)

    def view(self) -> HooksStatus:
        """Every hook, and what is wrong."""
        hooks = [self._state(name) for name in HOOKS]
        interpreter = self.repo.setting(COMMAND)
        problems = [f"{hook.hook}: {hook.problem}" for hook in hooks if hook.problem is not None]
        if all(hook.status == "absent" for hook in hooks):
            problems.append("No hook of gitledger is installed here.")
        else:
            problems += self._interpreter_problems(interpreter)
        return HooksStatus(
            healthy=not problems,
            folder=self.place.folder,
            source="default" if self.place.scope is None else f"core.hooksPath ({self.place.scope})",
            manager=self.manager,
            interpreter=interpreter,
            hooks=hooks,
            problems=problems,
            next_command=command_line((PROGRAM, "hooks", "install")) if problems else None,
        )

    # ---------------------------------------------------------------- a hook

    def _state(self, name: str) -> HookState:
        found = hookfiles.inspect(self.place.folder, name)
        aside = found.aside
        if found.is_ours:
            status, problem = self._own_state(found, self.place.folder, name)
        elif self.manager is not None and hookmanagers.calls_ours(self.repo, self.place, self.manager, name):
            (status, problem), aside = self._managed_state(name), None
        else:
            status, problem = self._missing_state(found, name)
        return HookState(hook=name, path=found.path, status=status, chained=aside, problem=problem)

    def _own_state(self, found: hookfiles.Found, folder: str, name: str) -> tuple[str, str | None]:
        if found.state == "changed":
            return "broken", f"{found.path} was edited after gitledger put it there."
        if not os.access(found.path, os.X_OK):
            return "broken", f"{found.path} is not executable, and git passes it over."
        for shared in hookfiles.SHARED:
            beside = hookfiles.inspect(folder, shared)
            if beside.state not in ("current", "former"):
                return "broken", f"{beside.path} is not what gitledger put there."
        if found.state == "former":
            return "outdated", f"{found.path} is of an older gitledger."
        return self._probe(found.path, name)

    def _managed_state(self, name: str) -> tuple[str, str | None]:
        """A hook that another manager's calls. That of pre-commit is in a repository of pre-commit's own."""
        if self.manager == "pre-commit":
            return "managed", None
        ours = hookfiles.inspect(self.private, name)
        if not ours.is_ours:
            return "broken", f"{self.manager} calls {ours.path}, which is not there."
        status, problem = self._own_state(ours, self.private, name)
        return ("managed" if status == "ok" else status), problem

    def _missing_state(self, found: hookfiles.Found, name: str) -> tuple[str, str | None]:
        """A hook that git does not find. Where it lies elsewhere, that is why."""
        lying = (hookfiles.inspect(folder, name) for folder in self.others)
        ours = next((one.path for one in lying if one.is_ours), None)
        if ours is not None and found.state == "foreign":
            return "broken", f"git runs {found.path}, which does not call {ours}."
        if ours is not None:
            return "broken", f"git looks in {self.place.folder} and does not find {ours}."
        if found.aside is not None:
            return "broken", f"{found.aside} was moved aside, and gitledger's hook is not in its place."
        return "absent", None

    # ---------------------------------------------------------------- trying it

    def _probe(self, path: str, name: str) -> tuple[str, str | None]:
        """Start the hook as git does; it answers and does nothing."""
        environ = {**self.ledger.config.environ, "GITLEDGER_HOOKS": "probe"}
        try:
            said = run_child([path], cwd=self.repo.work_tree or self.repo.git_dir, environ=environ, timeout_s=PROBE_S)
        except (LedgerError, OSError) as error:
            return "broken", f"{path} cannot be started: {error}"
        if said.exit_code == 0 and said.output.decode("utf-8", "replace").strip() == f"gitledger hook 1: {name}":
            return "ok", None
        return "broken", f"{path} does not run (exit {said.exit_code})."

    def _interpreter_problems(self, interpreter: str | None) -> list[str]:
        if interpreter is None:
            return [f"{COMMAND} is not set; hooks look for gitledger on the PATH, which graphical programs may lack."]
        argv = [interpreter, "-P", "-c", "import gitledger.githooks.main"]
        try:
            said = run_child(argv, cwd=self.repo.git_dir, environ=self.ledger.config.environ, timeout_s=PROBE_S)
        except (LedgerError, OSError):
            return [f"{interpreter} ({COMMAND}) cannot be started."]
        return [] if said.exit_code == 0 else [f"{interpreter} ({COMMAND}) cannot import gitledger."]
