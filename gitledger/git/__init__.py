"""The only runner of the git command: one verb-named function for each thing asked of it."""

from gitledger.git.create import create_bare
from gitledger.git.maintenance import start_maintenance
from gitledger.git.runner import Git, git_version
from gitledger.git.settings import list_settings, set_setting, unset_setting
from gitledger.git.tree import changed_since, tree_ids

__all__ = ["Git", "changed_since", "create_bare", "git_version", "list_settings", "set_setting", "start_maintenance", "tree_ids", "unset_setting"]
