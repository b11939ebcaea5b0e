"""The git repository a ledger lives in: asked for its folders, HEAD, settings, ledgers and policy."""

from collections.abc import Mapping
from typing import Any

import os
import stat

from gitledger.errors import InvalidInput, StorageError
from gitledger.store import plain, settings

NAMESPACE = "refs/taskledger/"
POLICY_FILE = ".gitledger.yaml"
MAX_POLICY = 1 << 20


def ref_of(ledger: str) -> str:
    """`main` → `refs/taskledger/main`."""
    return NAMESPACE + ledger


def is_ledger_name(name: str) -> bool:
    """Whether `name` can be a ledger's: git takes it for a ref, and no program for an option."""
    is_text = name.isprintable() and len(name.encode("utf-8", "surrogatepass")) <= 200
    return is_text and not name.startswith("-") and plain.is_valid_ref(ref_of(name))


def check_ledger_name(name: str) -> None:
    """Refuse what cannot be a ledger's name."""
    if not is_ledger_name(name):
        raise InvalidInput(
            f"{name[:80]!r} cannot be the name of a ledger: it must be valid in a git ref, like a branch name.",
            hint=("gitledger", "ledger", "list"),
        )


class Repository:
    """An opened repository. Paths are absolute text without a final slash; `work_tree` is None where it is bare.

    `is_plain`: its refs may be read as files. `pg` is the libgit2 repository, opened when it is first used.
    """

    def __init__(
        self,
        git_dir: str,
        common_dir: str,
        work_tree: str | None,
        environ: Mapping[str, str],
        *,
        pg: Any = None,
        known: dict[str, str] | None = None,
    ) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.work_tree = work_tree
        self.is_plain = known is not None
        self._environ = environ
        self._pg = pg
        self._settings = known

    @property
    def pg(self) -> Any:
        """The `pygit2.Repository`."""
        if self._pg is None:
            self._pg = _open_libgit(self.git_dir, self.common_dir, self._environ)
        return self._pg

    @property
    def is_bare(self) -> bool:
        """Whether there is no work tree."""
        return self.work_tree is None

    @property
    def worktree_key(self) -> str:
        """8 hex digits that tell this work tree from the others of the repository."""
        from gitledger.model.digest import sha256

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
        if self.is_plain:
            try:
                return plain.read_ref(self.common_dir, target)
            except plain.NotPlain:
                pass
        from gitledger.store import libgit

        return libgit.resolve(self.pg, target)

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
            from gitledger.store import libgit

            self._settings = libgit.read_settings(self.pg, self.common_dir, self._environ)
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
        if self.is_plain:
            try:
                return _names(plain.list_refs(self.common_dir, NAMESPACE))
            except plain.NotPlain:
                pass
        from gitledger.store import libgit

        return _names(libgit.refs_below(self.pg, NAMESPACE))

    def tip(self, ledger: str) -> str | None:
        """The commit id at which the ledger stands, or None where there is no such ledger."""
        check_ledger_name(ledger)
        if self.is_plain:
            try:
                return plain.read_ref(self.common_dir, ref_of(ledger))
            except plain.NotPlain:
                pass
        from gitledger.store import libgit

        return libgit.tip_of(self.pg, ref_of(ledger))

    # ---------------------------------------------------------------- policy

    def policy_bytes(self) -> tuple[bytes, str] | None:
        """`.gitledger.yaml` and its blob id, from the work tree (bare: from HEAD); None where there is none."""
        data = self.project_file(POLICY_FILE)
        return None if data is None else (data, _blob_id(data))

    def project_file(self, name: str) -> bytes | None:
        """A configuration file of the project, from the work tree (bare: from HEAD); None where there is none."""
        if self.work_tree is None:
            return self._file_at_head(name)
        path = os.path.join(self.work_tree, name)
        # A symbolic link from a cloned repository could lead anywhere; no policy is worse than no command.
        if os.path.dirname(name) and os.path.islink(os.path.dirname(path)):
            raise _no_plain_file(name)
        return read_plain_file(path, name)

    def _file_at_head(self, name: str) -> bytes | None:
        from gitledger.store import libgit

        head = self.head()
        data = libgit.file_at(self.pg, head, name) if head is not None else None
        return data[:MAX_POLICY] if data is not None else None


def read_plain_file(path: str, name: str) -> bytes | None:
    """The bytes of a configuration file, which errors call `name`; None where there is none. Links are not followed."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_POLICY:
            raise _no_plain_file(name)
        with open(path, "rb") as file:
            return file.read(MAX_POLICY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StorageError(f"{name} cannot be read: {reason}.", hint=("git", "status")) from error


def _no_plain_file(name: str) -> InvalidInput:
    return InvalidInput(f"{name} must be a plain file of at most 1 MiB.", hint=("git", "status"))


def _names(refs: dict[str, str]) -> dict[str, str]:
    return {ref.removeprefix(NAMESPACE): tip for ref, tip in refs.items()}


def _blob_id(data: bytes) -> str:
    """The id that git gives to a file of these bytes."""
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


# ---------------------------------------------------------------------------------------------- opening


def open_repository(path: str, environ: Mapping[str, str]) -> Repository:
    """Open the repository around `path`, or the one that `GIT_DIR` and its like name in `environ`.

    Raises InvalidInput where `path` is not there, StorageError where there is no repository or libgit2
    cannot read it.
    """
    if not os.path.exists(path):
        raise InvalidInput(f"There is no folder {path}.", hint=("git", "rev-parse", "--show-toplevel"))
    found = plain.find(path, environ)
    if found is not None:
        return Repository(found.git_dir, found.common_dir, found.work_tree, environ, known=found.settings)
    from gitledger.store import discovery, libgit

    git_dir = discovery.named_git_dir(path, environ) or discovery.discover(path, environ)
    named_common = environ.get("GIT_COMMON_DIR")
    own_common = discovery.common_dir_of(git_dir)
    common_dir = os.path.realpath(os.path.join(path, named_common)) if named_common else own_common
    pg = _open_libgit(git_dir, common_dir, environ)
    return Repository(git_dir, common_dir, libgit.work_tree_of(pg, path, environ), environ, pg=pg)


def _open_libgit(git_dir: str, common_dir: str, environ: Mapping[str, str]) -> Any:
    """The libgit2 repository; with GIT_COMMON_DIR in the environment, that of the common folder."""
    from gitledger.store import discovery, libgit

    own_common = discovery.common_dir_of(git_dir)
    return libgit.open_git_dir(git_dir if common_dir == own_common else common_dir, common_dir, environ)
