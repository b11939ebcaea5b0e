"""Who acts in this repository where nobody says otherwise: `taskledger.actor` and `taskledger.harness` among git's settings."""

from gitledger.git import Git, list_settings, set_setting, unset_setting
from gitledger.ledger.shell import Ledger


class Identity:
    """What a SettingOperation is handed: the settings of the repository that a ledger lives in."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.repo = ledger.repo
        self.git = Git(self.repo.git_dir, self.repo.common_dir, self.repo.work_tree, ledger.config.environ)

    def set(self, name: str, value: str) -> bool:
        """Write a setting; whether it was another before."""
        if self._held(name) == value:
            return False
        set_setting(self.git, name, value)
        self.repo.forget_settings()
        return True

    def clear(self, name: str) -> bool:
        """Forget a setting of this repository; whether there was one."""
        if self._held(name) is None:
            return False
        unset_setting(self.git, name)
        self.repo.forget_settings()
        return True

    def _held(self, name: str) -> str | None:
        return dict(list_settings(self.git, is_local=True)).get(name.lower())
