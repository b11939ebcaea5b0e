"""What `verify` has to say: findings (something is wrong) and notes (something is worth knowing)."""

from collections import Counter

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One thing that is wrong: a code, a sentence, and the object, path and commit it is about where known."""

    code: str
    message: str
    object: str | None = None
    path: str | None = None
    commit: str | None = None


class Report(Struct, frozen=True):
    """The outcome of verifying a ledger at `tip`: how much was looked at, and what was found."""

    ledger: str
    tip: str
    entries: int
    tasks: int
    events: int
    findings: list[Finding]
    notes: list[str]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


class Findings:
    """Collects findings, each said once, and counts notes of one wording."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str | None, str | None], Finding] = {}
        self._notes: Counter[str] = Counter()

    def add(
        self, code: str, message: str, *, object: object = None, path: str | None = None, commit: object = None
    ) -> None:
        """Report something wrong; the first commit in which it shows is kept."""
        named = None if object is None else str(object)
        finding = Finding(code, message, named, path, None if commit is None else str(commit))
        self.found.setdefault((code, path, named), finding)

    def note(self, text: str) -> None:
        """Report something worth knowing."""
        self._notes[text] += 1

    def notes(self) -> list[str]:
        """The notes, with how often each was made."""
        return [text if many == 1 else f"{text} ({many} times)" for text, many in sorted(self._notes.items())]
