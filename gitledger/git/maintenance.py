"""Let git tidy its objects while nobody waits: entries leave loose ones that git's own auto-gc does not see coming."""

import subprocess

from gitledger.errors import StorageError
from gitledger.git.runner import Git, git_version

# Until it has ended, each child that was started; asked only so that a long-lived process keeps no zombies.
_started: list[subprocess.Popen[bytes]] = []


def start_maintenance(repo: Git) -> bool:
    """Start `git maintenance run --auto` detached, and never wait for it. False where git cannot be started."""
    _started[:] = [child for child in _started if child.poll() is None]
    try:
        # `git maintenance` came with git 2.29.
        verb = ("maintenance", "run") if git_version(repo.environ) >= (2, 29) else ("gc",)
        _started.append(repo.start(*verb, "--auto", "--quiet"))
    except (StorageError, OSError):
        return False
    return True
