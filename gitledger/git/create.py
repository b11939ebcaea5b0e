"""Make a repository that holds nothing but refs."""

from collections.abc import Mapping

import os
import shutil
import tempfile

from gitledger.errors import StorageError
from gitledger.git.runner import Git

# What this version can read, whatever the user's git would make by itself; a git that does not know them passes them over.
_FORMATS = {"GIT_DEFAULT_HASH": "sha1", "GIT_DEFAULT_REF_FORMAT": "files"}


def create_bare(path: str, environ: Mapping[str, str]) -> None:
    """Make a bare repository at `path`, whole or not at all; one that another process makes meanwhile is as good."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        made = tempfile.mkdtemp(prefix=".making-", dir=folder)
    except OSError as error:
        raise StorageError(
            f"No repository can be made at {path}: {error.strerror}.", code="WRITE_FAILED", hint=("git", "init", "--bare")
        ) from error
    try:
        repo = Git(made, made, None, environ)
        repo.run("init", "--quiet", "--bare", "--template=", settings=("init.defaultBranch=main",), extra=_FORMATS)
        os.rename(made, path)
    except OSError as error:
        if not os.path.isdir(path):
            raise StorageError(
                f"No repository can be made at {path}: {error.strerror}.", code="WRITE_FAILED", hint=("git", "init", "--bare")
            ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
