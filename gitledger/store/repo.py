"""The git repository a ledger lives in: asked for its folders, HEAD, settings, ledgers and policy."""

from collections.abc import Mapping

from hashlib import sha256

import os
import stat

import pygit2
from pygit2.enums import RepositoryOpenFlag

from gitledger.errors import InvalidInput, StorageError
from gitledger.store import settings
from gitledger.store.discovery import common_dir_of, discover, explain, named_git_dir
from gitledger.store.objects import read_blob, unreadable

NAMESPACE = "refs/taskledger/"
POLICY_FILE = ".gitledger.yaml"
MAX_POLICY = 1 << 20


def ref_of(ledger: str) -> str:
    """`main` → `refs/taskledger/main`."""
    return NAMESPACE + ledger


def check_ledger_name(name: str) -> None:
    """Refuse what cannot be a ledger's name: what git takes for no ref, or a program for an option."""
    is_text = name.isprintable() and len(name.encode("utf-8", "surrogatepass")) <= 200
    if not is_text or name.startswith("-") or not pygit2.reference_is_valid_name(ref_of(name)):
        raise InvalidInput(
            f"{name[:80]!r} cannot be the name of a ledger: it must be valid in a git ref, like a branch name.",
            hint=("gitledger", "ledger", "list"),
        )


class Repository:
    """An opened repository. Paths are absolute text without a final slash; `work_tree` is None where it is bare."""

    def __init__(
        self, pg: pygit2.Repository, git_dir: str, common_dir: str, work_tree: str | None, environ: Mapping[str, str]
    ) -> None:
        self.pg = pg
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.work_tree = work_tree
        self._environ = environ
        self._settings: dict[str, str] | None = None

    @property
    def is_bare(self) -> bool:
        """Whether there is no work tree."""
        return self.work_tree is None

    @property
    def worktree_key(self) -> str:
        """8 hex digits that tell this work tree from the others of the repository."""
        return sha256(os.fsencode(self.work_tree or self.git_dir)).hexdigest()[:8]

    @property
    def local_dir(self) -> str:
        """The folder of gitledger's local state (design §6); it may not exist yet."""
        return os.path.join(self.common_dir, "gitledger")

    # ---------------------------------------------------------------- HEAD

    def branch(self) -> str | None:
        """The branch checked out (born or not); None when HEAD is detached."""
        target = self._head_target()
        prefix = "refs/heads/"
        return target[len(prefix) :] if target is not None and target.startswith(prefix) else None

    def head(self) -> str | None:
        """The commit id of HEAD; None before the first commit."""
        target = self._head_target()
        if target is None or not target.startswith("refs/"):
            return target
        try:
            return str(self.pg.lookup_reference(target).resolve().target)
        except (pygit2.GitError, KeyError):
            return None

    def _head_target(self) -> str | None:
        # Read by hand: with GIT_COMMON_DIR in the environment, libgit2 was opened on the common folder,
        # whose HEAD is another work tree's.
        try:
            with open(os.path.join(self.git_dir, "HEAD"), encoding="utf-8", errors="surrogateescape") as file:
                text = file.read(4096).strip()
        except OSError:
            return None
        return text.removeprefix("ref:").strip() or None

    # ---------------------------------------------------------------- settings

    def settings(self, prefix: str = "") -> dict[str, str]:
        """Git settings whose name begins with `prefix`; section and last word are lower case, as git lists them."""
        folded = settings.fold_name(prefix)
        return {name: value for name, value in self._all_settings().items() if name.startswith(folded)}

    def setting(self, name: str) -> str | None:
        """One git setting; a name without a value is `true`."""
        return self._all_settings().get(settings.fold_name(name))

    def _all_settings(self) -> dict[str, str]:
        if self._settings is None:
            try:
                self._settings = settings.read_settings(self.pg, self.common_dir, self._environ)
            except (pygit2.GitError, OSError) as error:
                raise StorageError(
                    "Git's configuration cannot be read.", code="BAD_CONFIG", hint=("git", "config", "--list")
                ) from error
        return self._settings

    def forget_settings(self) -> None:
        """Read the settings anew when next asked (somebody wrote one)."""
        self._settings = None

    def identity(self) -> tuple[str, str] | None:
        """Name and email from `user.name` and `user.email`, or None where one is lacking."""
        name, email = self.setting("user.name"), self.setting("user.email")
        return (name, email) if name and email else None

    @property
    def has_identity(self) -> bool:
        """Whether git knows who the user is."""
        return self.identity() is not None

    # ---------------------------------------------------------------- ledgers

    def ledgers(self) -> dict[str, str]:
        """Every ledger by name with its tip; refs that cannot be read are left out (`tip` says why)."""
        names = (os.fsdecode(raw) for raw in self.pg.raw_listall_references())
        found = {}
        for ref in sorted(name for name in names if name.startswith(NAMESPACE)):
            try:
                found[ref[len(NAMESPACE) :]] = str(self.pg.lookup_reference(ref).resolve().target)
            except (pygit2.GitError, KeyError, OSError, UnicodeError):
                continue
        return found

    def tip(self, ledger: str) -> str | None:
        """The commit id at which the ledger stands, or None where there is no such ledger."""
        check_ledger_name(ledger)
        try:
            return str(self.pg.lookup_reference(ref_of(ledger)).resolve().target)
        except KeyError:
            return None
        except (pygit2.GitError, OSError) as error:
            raise StorageError(
                f"The ref {ref_of(ledger)} cannot be read; a crash may have truncated it.",
                code="STORAGE_CORRUPTION",
                hint=("git", "fsck"),
                remediation=(f"Set {ref_of(ledger)} to the last known tip, from a remote or another clone.",),
                details={"ref": ref_of(ledger)},
            ) from error

    # ---------------------------------------------------------------- policy

    def policy_bytes(self) -> tuple[bytes, str] | None:
        """`.gitledger.yaml` and its blob id, from the work tree (bare: from HEAD); None where there is none."""
        data = self._policy_at_head() if self.work_tree is None else self._policy_file(self.work_tree)
        return None if data is None else (data, str(pygit2.hash(data)))

    def _policy_file(self, work_tree: str) -> bytes | None:
        path = os.path.join(work_tree, POLICY_FILE)
        try:
            found = os.lstat(path)
            # A symbolic link from a cloned repository could lead anywhere; no policy is worse than no command.
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_POLICY:
                raise InvalidInput(f"{POLICY_FILE} must be a plain file of at most 1 MiB.", hint=("git", "status"))
            with open(path, "rb") as file:
                return file.read(MAX_POLICY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"{POLICY_FILE} cannot be read: {error.strerror}.", hint=("git", "status")) from error

    def _policy_at_head(self) -> bytes | None:
        head = self.head()
        if head is None:
            return None
        try:
            entry = self.pg[head].peel(pygit2.Tree)[POLICY_FILE]
        except KeyError:
            return None
        except (pygit2.GitError, ValueError) as error:
            raise unreadable(head, "commit") from error
        return read_blob(self.pg, entry.id)[:MAX_POLICY] if isinstance(entry, pygit2.Blob) else None


# ---------------------------------------------------------------------------------------------- opening


def open_repository(path: str, environ: Mapping[str, str]) -> Repository:
    """Open the repository around `path`, or the one that `GIT_DIR` and its like name in `environ`.

    Raises InvalidInput where `path` is not there, StorageError where there is no repository or libgit2
    cannot read it.
    """
    if not os.path.exists(path):
        raise InvalidInput(f"There is no folder {path}.", hint=("git", "rev-parse", "--show-toplevel"))
    git_dir = named_git_dir(path, environ) or discover(path, environ)
    own_common = common_dir_of(git_dir)
    named_common = environ.get("GIT_COMMON_DIR")
    common_dir = os.path.realpath(os.path.join(path, named_common)) if named_common else own_common
    try:
        pg = _open(git_dir if common_dir == own_common else common_dir, environ)
    except (pygit2.GitError, OSError) as error:
        raise explain(git_dir, common_dir) from error
    return Repository(pg, git_dir, common_dir, _work_tree(pg, path, environ), environ)


def _open(git_dir: str, environ: Mapping[str, str]) -> pygit2.Repository:
    if not settings.trusts_every_owner(environ):
        return pygit2.Repository(git_dir, RepositoryOpenFlag.NO_SEARCH)
    # libgit2 ignores `safe.directory` given by environment, as containers and CI give it; git honours it.
    was = pygit2.option(pygit2.enums.Option.GET_OWNER_VALIDATION)
    pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, 0)
    try:
        return pygit2.Repository(git_dir, RepositoryOpenFlag.NO_SEARCH)
    finally:
        pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, was)


def _work_tree(pg: pygit2.Repository, path: str, environ: Mapping[str, str]) -> str | None:
    named = environ.get("GIT_WORK_TREE")
    if named:
        return os.path.realpath(os.path.join(path, named))
    if pg.is_bare:
        return None
    if environ.get("GIT_DIR") and "core.worktree" not in pg.config:
        return os.path.realpath(path)
    return os.path.realpath(pg.workdir) if pg.workdir else None
