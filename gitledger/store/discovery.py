"""Where a repository's folders are, as git finds them, and why one that was found cannot be opened."""

from collections.abc import Mapping

import os

import pygit2

from gitledger.errors import StorageError, command_line
from gitledger.store import libgit


def named_git_dir(path: str, environ: Mapping[str, str]) -> str | None:
    """The git folder that `GIT_DIR` names, seen from `path`; None where it names none."""
    named = environ.get("GIT_DIR")
    if not named:
        return None
    git_dir = os.path.realpath(os.path.join(path, named))
    if os.path.isfile(git_dir):
        with open(git_dir, encoding="utf-8", errors="surrogateescape") as file:
            target = file.read(4096).removeprefix("gitdir:").strip()
        git_dir = os.path.realpath(os.path.join(os.path.dirname(git_dir), target))
    if not os.path.exists(os.path.join(git_dir, "HEAD")):
        raise not_a_repository(git_dir)
    return git_dir


def discover(path: str, environ: Mapping[str, str]) -> str:
    """The git folder of the repository around `path`."""
    across = environ.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() in ("1", "true", "yes", "on")
    try:
        found = pygit2.discover_repository(path, across, environ.get("GIT_CEILING_DIRECTORIES", ""))
    except (pygit2.GitError, KeyError, OSError) as error:
        raise not_a_repository(path) from error
    if found is None:
        raise not_a_repository(path)
    return os.path.realpath(found)


def common_dir_of(git_dir: str) -> str:
    """The folder that a linked work tree's git folder shares with the others."""
    try:
        with open(os.path.join(git_dir, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
            return os.path.realpath(os.path.join(git_dir, file.read(4096).strip()))
    except OSError:
        return git_dir


def not_a_repository(path: str) -> StorageError:
    """The error for a folder that no repository is around."""
    return StorageError(
        f"{path} is not in a git repository; a ledger lives in one.", code="NOT_A_REPOSITORY", hint=("git", "init")
    )


def explain(git_dir: str, common_dir: str) -> StorageError:
    """Why libgit2 refused the repository, from what lies on disk rather than from the message's words."""
    if not os.path.isdir(os.path.join(common_dir, "objects")):
        return not_a_repository(git_dir)
    try:
        libgit.collect_file(os.path.join(common_dir, "config"))
    except (pygit2.GitError, OSError):
        return bad_config()
    kept = libgit.read_file(os.path.join(common_dir, "config"))
    object_format = kept.get("extensions.objectformat", "sha1").lower()
    ref_format = kept.get("extensions.refstorage", "files").lower()
    for name, found, wanted in (("object", object_format, "sha1"), ("ref", ref_format, "files")):
        if found != wanted:
            return StorageError(
                f"This repository uses the {found} {name} format, which this version of gitledger cannot read; "
                f"it reads {wanted}.",
                code="UNSUPPORTED_REPOSITORY",
                hint=("git", "rev-parse", "--show-object-format" if name == "object" else "--show-ref-format"),
                remediation=(
                    "Keep the ledger in a repository made with: git init --object-format=sha1 --ref-format=files.",
                    "git refs migrate --ref-format=files converts refs (git 2.46 and later)."
                    if name == "ref"
                    else "A repository's object format is fixed when it is made.",
                ),
                details={"object_format": object_format, "ref_format": ref_format},
            )
    if hasattr(os, "geteuid") and os.stat(git_dir).st_uid != os.geteuid():
        folder = os.path.dirname(git_dir) if os.path.basename(git_dir) == ".git" else git_dir
        return StorageError(
            f"{folder} belongs to another user, and git does not call it safe.",
            code="UNSAFE_REPOSITORY",
            # Trust is a person's to give: a hint may be run by whoever reads it.
            hint=("git", "config", "--show-origin", "--get-all", "safe.directory"),
            remediation=(
                "If you trust who owns it, tell git so: "
                + command_line(("git", "config", "--global", "--add", "safe.directory", folder)),
            ),
            details={"git_dir": git_dir},
        )
    return StorageError(
        f"{git_dir} cannot be opened as a git repository.", code="UNSUPPORTED_REPOSITORY", hint=("git", "status")
    )


def bad_config() -> StorageError:
    """The error for a configuration that git itself could not read."""
    return StorageError(
        "Git's configuration cannot be read.", code="BAD_CONFIG", hint=("git", "config", "--list", "--show-origin")
    )
