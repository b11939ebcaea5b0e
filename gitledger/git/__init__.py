"""The only runner of the git command: one verb-named function for each thing asked of it."""

from gitledger.git.maintenance import start_maintenance
from gitledger.git.runner import Git, git_version
from gitledger.git.tree import tree_ids

__all__ = ["Git", "git_version", "start_maintenance", "tree_ids"]
