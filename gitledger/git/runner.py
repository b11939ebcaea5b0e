"""How the git command is run: no shell, no hooks, no foreign `GIT_*`, no prompt, a time limit, and errors that say what git said."""

from collections.abc import Mapping

import os
import re
import shutil
import subprocess

from msgspec import Struct

from gitledger.errors import StorageError

# `git rev-parse --local-env-vars`, of every git so far: what ties a process to one repository. A hook of
# another repository, or of this one, hands them to everything it starts.
LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_NUMBERED = re.compile(r"GIT_CONFIG_(?:KEY|VALUE)_\d+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
MAX_TALK = 4096


class Git(Struct, frozen=True):
    """A repository for the git command. Paths are absolute; `work_tree` is None where it is bare.

    `environ` is the process environment, of which nothing reaches git that names another repository.
    """

    git_dir: str
    common_dir: str
    work_tree: str | None
    environ: Mapping[str, str]

    def variables(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a git process that works in this repository."""
        kept = {
            name: value
            for name, value in self.environ.items()
            if name not in LOCAL_VARIABLES and not _NUMBERED.fullmatch(name)
        }
        kept |= {"GIT_DIR": self.git_dir, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        if self.common_dir != self.git_dir:
            kept["GIT_COMMON_DIR"] = self.common_dir
        if self.work_tree is not None:
            kept["GIT_WORK_TREE"] = self.work_tree
        return kept | dict(extra or {})

    def run(
        self,
        *args: str,
        settings: tuple[str, ...] = (),
        extra: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float = 60,
        accept: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run `git ARGS` to its end and return its standard output.

        `settings` (`name=value`) hold for this call, `extra` joins its environment. An exit code that is not
        in `accept` raises `GIT_FAILED`, a missing program `GIT_MISSING`, too long a run `GIT_TIMEOUT`.
        """
        argv = [program(self.environ), *_options(settings), *args]
        try:
            # Without input standard input is empty, so that git asks nobody anything.
            done = subprocess.run(
                argv,
                cwd=self.work_tree or self.git_dir,
                env=self.variables(extra),
                input=b"" if stdin is None else stdin,
                capture_output=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            raise StorageError(
                f"git {args[0]} did not end within {timeout:g} seconds.",
                code="GIT_TIMEOUT",
                hint=("git", "status"),
                details={"argv": list(args), "timeout_s": int(timeout)},
            ) from None
        except (OSError, ValueError) as error:
            raise StorageError(
                f"git {args[0]} could not be started: {error}.", code="GIT_MISSING", hint=("git", "--version")
            ) from error
        if done.returncode not in accept:
            raise StorageError(
                f"git {args[0]} failed (exit {done.returncode}).",
                code="GIT_FAILED",
                hint=("git", "status"),
                details={"argv": list(args), "exit_code": done.returncode, "stderr": talk(done.stderr)},
            )
        return done.stdout

    def open(self, *args: str, extra: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `git ARGS` to talk with it over its standard input and output. Raises `GIT_MISSING`."""
        try:
            return subprocess.Popen(
                [program(self.environ), *_options(()), *args],
                cwd=self.work_tree or self.git_dir,
                env=self.variables(extra),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise StorageError(
                f"git {args[0]} could not be started: {error}.", code="GIT_MISSING", hint=("git", "--version")
            ) from error

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """Start `git ARGS` detached from this process and its terminal. Raises `OSError` where that fails."""
        return subprocess.Popen(
            [program(self.environ), *_options(()), *args],
            cwd=self.git_dir,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _options(settings: tuple[str, ...]) -> list[str]:
    # Hooks are for what the user does, not for what gitledger asks of git (beads lost data to them).
    return [word for setting in ("core.hooksPath=/dev/null", *settings) for word in ("-c", setting)]


def program(environ: Mapping[str, str]) -> str:
    """The git on the PATH, as an absolute path: a relative entry would be searched in the work tree."""
    path = environ.get("PATH") or os.defpath
    absolute = os.pathsep.join(entry for entry in path.split(os.pathsep) if os.path.isabs(entry))
    found = shutil.which("git", path=absolute)
    if found is None:
        raise StorageError("There is no git command on the PATH.", code="GIT_MISSING", hint=("git", "--version"))
    return found


def talk(stderr: bytes) -> str:
    """What git said, at most the last 4 KiB, without control sequences."""
    text = stderr[-MAX_TALK:].decode("utf-8", "replace")
    return _UNPRINTABLE.sub("", text).strip()


def git_version(environ: Mapping[str, str]) -> tuple[int, ...]:
    """`(2, 39, 5)`."""
    try:
        said = subprocess.run([program(environ), "version"], env=dict(environ), capture_output=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageError("git could not be started.", code="GIT_MISSING", hint=("git", "--version")) from error
    found = re.search(rb"(\d+(?:\.\d+)+)", said)
    if found is None:
        raise StorageError("git did not tell its version.", code="GIT_FAILED", hint=("git", "--version"))
    return tuple(int(part) for part in found[1].split(b"."))
