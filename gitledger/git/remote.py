"""What crosses a network, or looks as if it did: fetch, push, ask and bundle, with the user's own credentials, ssh and proxies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import os
import random
import re
import signal
import subprocess
import time

from msgspec import Struct, structs

from gitledger.errors import LedgerError, StorageError, SyncError
from gitledger.git.runner import Git, program, talk
from gitledger.git.runner import _options as options_of

ASK_TIMEOUT_S = 60.0
TRANSFER_TIMEOUT_S = 300.0
_LOCK_TRIES = 6

# Git answers every failure of a transport with exit 128, so that only its words are left to tell them apart.
# They are git's own in the C locale, under which it is run here, and of curl and OpenSSH. Checked with git 2.39.
_AUTH = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied"
    r"|returned error: 40[13]|Host key verification failed|HTTP Basic: Access denied|invalid credentials",
    re.IGNORECASE,
)
_UNREACHABLE = re.compile(
    r"Could not resolve|unable to access|unable to connect|Connection (?:refused|timed out|reset|closed)"
    r"|Network is unreachable|does not appear to be a git repository|not found|does not exist|early EOF|hung up"
    r"|unexpected disconnect|RPC failed|Could not read from remote|access denied or repository not exported"
    r"|invalid index-pack output|fetch-pack: |unpack-objects|expected flush after|bad line length",
    re.IGNORECASE,
)
_BAD_OBJECT = re.compile(r"(?:object |in )?\b([0-9a-f]{40})\b: (\w+): ([^\n]*)")
_FSCK = re.compile(r"fsck error|badTree|missingSpace|duplicateEntries|treeNotSorted")
_LOCKED = re.compile(r"cannot lock ref|Unable to create '[^']*\.lock'|unable to update local ref")
# What git's own receive-pack (of 2.39 to 2.51) and those of hosts give as the reason where another push was faster.
_BUSY = re.compile(
    r"failed to update ref|cannot lock ref|atomic transaction failed|transaction failed to start|lock failure|failed to lock"
    r"|incorrect old value provided|reference already exists|reference does not exist|but expected [0-9a-f]{7}",
    re.IGNORECASE,
)
_IN_THE_WAY = re.compile(r"exists; cannot create")
_MADE = re.compile(r"[0-9a-f]+\.{2,3}([0-9a-f]+)")
_CREDENTIALS = re.compile(r"(\w://)[^/@\s]*@")


class Push(Struct, frozen=True):
    """A ref of the remote to be set: to the commit `new`, if it is at `expected` now (None: not there)."""

    ref: str
    new: str
    expected: str | None


class Pushed(Struct, frozen=True):
    """What became of one ref: `done`, `stale` (the remote is not where it was expected), `busy` (it could not set the ref,
    for somebody else was at it), or `refused` with the reason.

    `said` is what a refusing or busy remote had to say, its hooks included.
    """

    ref: str
    outcome: Literal["done", "stale", "busy", "refused"]
    reason: str = ""
    said: str = ""

    @property
    def is_hook(self) -> bool:
        """Whether a hook of the remote said no."""
        return "hook declined" in self.reason


class _Done(Struct, frozen=True):
    code: int
    stdout: str
    stderr: str


# ---------------------------------------------------------------------------------------------- verbs


def list_remote_refs(
    repo: Git, remote: str, patterns: Sequence[str] = (), *, asks: bool = False, timeout: float = ASK_TIMEOUT_S
) -> dict[str, str]:
    """The refs of the remote that match, with their commit ids."""
    done = _run(repo, remote, ["ls-remote", "--quiet", "--refs", "--", remote, *patterns], asks, timeout)
    if done.code:
        raise _failure(repo, remote, "ls-remote", done)
    return {ref: oid for oid, _, ref in (line.partition("\t") for line in done.stdout.splitlines()) if ref}


def fetch_refs(
    repo: Git,
    remote: str,
    refspecs: Sequence[str],
    *,
    prune: bool = False,
    refetch: bool = False,
    asks: bool = False,
    timeout: float = TRANSFER_TIMEOUT_S,
) -> None:
    """Fetch into tracking refs and nowhere else: no tags, no FETCH_HEAD, no submodules, every object checked.

    `prune` removes the tracking refs, of these refspecs alone, whose origin is gone. `refetch` asks for objects
    again that a partial clone left out.
    """
    words = ["fetch", "--quiet", "--no-tags", "--no-prune-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
    words += ["--no-auto-gc", "--no-show-forced-updates", "--prune" if prune else "--no-prune"]
    # A partial clone would leave out the very blobs that a ledger is made of.
    words += ["--no-filter", *(["--refetch"] if refetch else [])]
    settings = ("transfer.fsckObjects=true", "fetch.fsckObjects=true", "fetch.writeCommitGraph=false")
    for attempt in range(_LOCK_TRIES):
        done = _run(repo, remote, [*words, "--", remote, *refspecs], asks, timeout, settings)
        if done.code == 0:
            return
        # Another sync of this repository moves the same tracking refs.
        if not _LOCKED.search(done.stderr):
            break
        time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise _failure(repo, remote, "fetch", done)


def push_refs(
    repo: Git,
    remote: str,
    pushes: Sequence[Push],
    *,
    contains: Callable[[str, str], bool] | None = None,
    asks: bool = False,
    timeout: float = TRANSFER_TIMEOUT_S,
) -> list[Pushed]:
    """Set refs of the remote by compare-and-swap, all or none where the remote can do that; never backwards.

    The lease makes git compare with what was expected and not with what it meets. That it then allows any
    new value is ruled out here: the new commit must contain the expected one, as `contains(new, old)` tells
    (left out, git is asked).
    """
    for push in pushes:
        if push.expected is not None:
            _see_forward(repo, push.expected, push.new, contains)
    is_atomic = len(pushes) > 1
    done = _push(repo, remote, pushes, is_atomic, asks, timeout)
    if is_atomic and done.code and "does not support --atomic" in done.stderr:
        done = _push(repo, remote, pushes, False, asks, timeout)
    said = _read_porcelain(done.stdout, {push.ref: push.new for push in pushes})
    if done.code and not all(push.ref in said for push in pushes):
        raise _failure(repo, remote, "push", done)
    found = [said.get(push.ref, Pushed(push.ref, "refused", "the remote did not report")) for push in pushes]
    return [_explained(one, _said(done)) if one.outcome in ("busy", "refused") else one for one in found]


def create_bundle(repo: Git, path: str, refs: Sequence[str], *, timeout: float = TRANSFER_TIMEOUT_S) -> None:
    """Write refs and all that leads to them into a file that `git fetch` reads."""
    done = _run(repo, path, ["bundle", "create", "--quiet", path, *refs], False, timeout)
    if done.code:
        raise StorageError(
            f"The bundle could not be written (git exit {done.code}).",
            code="WRITE_FAILED",
            hint=("git", "count-objects", "-v"),
            remediation=(f"Check free space and permissions of {os.path.dirname(path)}, then try again.",),
            details={"path": path, "stderr": _said(done)},
        )


def read_bundle(repo: Git, path: str, refspecs: Sequence[str], *, timeout: float = TRANSFER_TIMEOUT_S) -> None:
    """Fetch from a bundle file as from a remote; tracking refs of what is not in it go."""
    fetch_refs(repo, path, refspecs, prune=True, timeout=timeout)


def set_config(repo: Git, name: str, value: str) -> None:
    """Add a value to a setting of the repository, where it does not hold it yet."""
    held = repo.run("config", "--local", "--get-all", name, accept=(0, 1)).decode("utf-8", "replace").splitlines()
    if value not in held:
        repo.run("config", "--local", "--add", name, value)


def unset_config(repo: Git, name: str, value: str) -> None:
    """Take a value away from a setting of the repository."""
    repo.run("config", "--local", "--fixed-value", "--unset-all", name, value, accept=(0, 5))


def read_config(repo: Git, name: str) -> list[str]:
    """Every value of a setting."""
    return repo.run("config", "--get-all", name, accept=(0, 1)).decode("utf-8", "replace").splitlines()


# ---------------------------------------------------------------------------------------------- pushing


def _see_forward(repo: Git, old: str, new: str, contains: Callable[[str, str], bool] | None) -> None:
    cause = None
    if contains is not None and contains(new, old):
        return
    if contains is None:
        try:
            repo.run("merge-base", "--is-ancestor", old, new)
            return
        except LedgerError as error:
            cause = error
    raise SyncError(
        f"The commit {new[:10]} does not contain what the remote has ({old[:10]}); it was not pushed.",
        code="REMOTE_REJECTED",
        hint=("gitledger", "sync"),
    ) from cause


def _push(
    repo: Git, remote: str, pushes: Sequence[Push], is_atomic: bool, asks: bool, timeout: float
) -> _Done:
    words = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
    words += ["--atomic"] if is_atomic else ["--no-atomic"]
    words += [f"--force-with-lease={push.ref}:{push.expected or ''}" for push in pushes]
    settings = ("push.followTags=false", "push.default=nothing", *_no_mirror(repo, remote))
    refspecs = [f"{push.new}:{push.ref}" for push in pushes]
    return _run(repo, remote, [*words, "--", remote, *refspecs], asks, timeout, settings)


def _no_mirror(repo: Git, remote: str) -> tuple[str, ...]:
    """With `remote.<name>.mirror`, git refuses to push anything but everything."""
    return (f"remote.{remote}.mirror=false",) if "=" not in remote else ()


def _read_porcelain(text: str, sent: Mapping[str, str]) -> dict[str, Pushed]:
    """Git's report on each ref: `<flag> TAB <from>:<to> TAB <summary> (<reason>)`. `sent`: what each was to become.

    A remote may say that it made another commit of what it was sent; that is not what was asked for.
    """
    found = {}
    for line in text.splitlines():
        flag, _, rest = line.partition("\t")
        names, _, summary = rest.partition("\t")
        ref = names.rpartition(":")[2]
        if len(flag) != 1 or not ref:
            continue
        if flag != "!":
            made = _MADE.match(summary)
            is_ours = made is None or sent.get(ref, made[1]).startswith(made[1])
            found[ref] = Pushed(ref, "done") if is_ours else Pushed(ref, "refused", f"the remote made {summary} of it")
        elif summary.startswith("[rejected]") and "atomic" not in summary:
            found[ref] = Pushed(ref, "stale", summary)
        else:
            found[ref] = Pushed(ref, "busy" if _BUSY.search(summary) else "refused", summary)
    return found


def _explained(answer: Pushed, said: str) -> Pushed:
    """With what the remote had to say, which may tell that no waiting helps."""
    is_final = answer.outcome == "refused" or _IN_THE_WAY.search(said) is not None
    return structs.replace(answer, outcome="refused" if is_final else "busy", said=said)


# ---------------------------------------------------------------------------------------------- running


def _run(
    repo: Git,
    remote: str,
    words: Sequence[str],
    asks: bool,
    timeout: float,
    settings: tuple[str, ...] = (),
) -> _Done:
    """Run git to its end, with all that it starts; after `timeout` seconds none of it is left."""
    argv = [program(repo.environ), *options_of(settings), *words]
    try:
        child = subprocess.Popen(
            argv,
            cwd=repo.work_tree or repo.git_dir,
            env=repo.variables(_network_variables(repo.environ, asks)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Off a terminal, nothing below git finds one to ask on; and what it started ends with it.
            start_new_session=not asks,
        )
    except (OSError, ValueError) as error:
        raise StorageError(
            f"git {words[0]} could not be started: {error}.", code="GIT_MISSING", hint=("git", "--version")
        ) from error
    with child:
        try:
            stdout, stderr = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise SyncError(
                f"{_plain(remote)} did not answer within {timeout:g} seconds.",
                code="REMOTE_TIMEOUT",
                hint=("git", "ls-remote", remote),
                details={"remote": _plain(remote), "command": words[0], "timeout_s": int(timeout)},
            ) from None
        finally:
            if child.poll() is None:
                _end(child, asks)
    return _Done(child.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def _network_variables(environ: Mapping[str, str], asks: bool) -> dict[str, str]:
    prompt = environ.get("GIT_TERMINAL_PROMPT", "1") if asks else "0"
    return {"GIT_TERMINAL_PROMPT": prompt, "LC_ALL": "C", "LANGUAGE": ""}


def _end(child: subprocess.Popen[bytes], asks: bool) -> None:
    try:
        if asks:
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.communicate()


# ---------------------------------------------------------------------------------------------- failing


def _plain(text: str) -> str:
    return _CREDENTIALS.sub(r"\1", text)


def _said(done: _Done) -> str:
    return _plain(talk(done.stderr.encode()))


def _failure(repo: Git, remote: str, verb: str, done: _Done) -> LedgerError:
    """Why the transport failed, as far as git tells."""
    said = _said(done)
    name = _plain(remote)
    details = {"remote": name, "command": verb, "exit_code": done.code, "stderr": said}
    found = _BAD_OBJECT.search(said)
    if verb == "fetch" and (found or _FSCK.search(said)):
        what = f"the object {found[1]} ({found[2]})" if found else "an object"
        return StorageError(
            f"What {name} sent holds {what} that git does not accept; nothing was taken.",
            code="STORAGE_CORRUPTION",
            hint=("git", "ls-remote", remote),
            remediation=("Let somebody with another clone verify the ledger there: gitledger verify.",),
            details={**details, **({"object": found[1]} if found else {})},
        )
    ask = ("git", "ls-remote", remote)
    if _AUTH.search(said):
        return SyncError(
            f"{name} did not let you in.",
            code="REMOTE_AUTH",
            hint=ask,
            remediation=("Run the hint in a terminal: git asks there for what it needs, and its credential helper keeps it.",),
            details=details,
        )
    if _LOCKED.search(said):
        return SyncError(
            f"Another process holds the tracking refs of {name}.", code="REMOTE_FAILED", hint=("gitledger", "sync"), details=details
        )
    if _UNREACHABLE.search(said):
        return SyncError(
            f"{name} cannot be reached, or broke off: {_last_line(said)}.", code="REMOTE_UNREACHABLE", hint=ask, details=details
        )
    return SyncError(f"git {verb} failed (exit {done.code}): {_last_line(said)}.", hint=ask, details=details)


def _last_line(said: str) -> str:
    """The line of git's that says most: the first `fatal:` or `error:` one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines or ["git said nothing"]
    return told[0].removeprefix("fatal: ").removeprefix("error: ").rstrip(".")[:300]
