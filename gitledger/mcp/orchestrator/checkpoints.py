"""The graph kept in files, beside the ledger's own history, which keeps every state of it."""

from datetime import datetime, timezone
from typing import Any

import json
import os

from gitledger.errors import LedgerError
from gitledger.mcp.calls import open_there
from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain
from gitledger.mcp.orchestrator.exchange import exported, take_over
from gitledger.mcp.orchestrator.forms import Tool, check_operation, decode
from gitledger.ops.batch import MAX_INPUT
from gitledger.ops.verify import VerifyLedger

_BEGIN, _END = "checkpoint-", ".json"


class ManageCheckpoints(Tool, frozen=True, kw_only=True):
    """The graph kept in files.

    create: writes what export_graph answers into a file of output_dir. list: the files there, the newest first. restore: takes the
    file at path over as import_graph does with mode replace. verify: whether the ledger is whole. Paths lie inside the folder
    that the server was started in; left out, output_dir is a folder of the repository's own.
    """

    tool = "manage_checkpoints"

    operation: str
    path: str = ""
    output_dir: str = ""

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("create", "list", "restore", "verify"), "Valid")
        try:
            return {"create": self._create, "list": self._list, "restore": self._restore, "verify": _verify}[self.operation](desk)
        except OSError as error:
            raise Plain(f"{error.strerror}: {error.filename}") from None

    def _create(self, desk: Desk) -> Any:
        folder = self._folder(desk)
        os.makedirs(folder, exist_ok=True)
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        path = os.path.join(folder, f"{_BEGIN}{stamp}{_END}")
        document = json.dumps(desk.read(lambda world: exported(world, frozenset())))
        with open(path, "x", encoding="ascii") as file:
            file.write(document)
        return {"created": path}

    def _list(self, desk: Desk) -> Any:
        folder = self._folder(desk)
        names = os.listdir(folder) if os.path.isdir(folder) else []
        found = sorted((name for name in names if name.startswith(_BEGIN) and name.endswith(_END)), reverse=True)
        return {"checkpoints": [os.path.join(folder, name) for name in found]}

    def _restore(self, desk: Desk) -> Any:
        if not self.path:
            raise Plain("restore needs a path")
        path = _inside(desk, self.path)
        if not os.path.isfile(path):
            raise Plain(f"Checkpoint not found: {self.path[:200]}")
        with open(path, "rb") as file:
            data = file.read(MAX_INPUT + 1)
        if len(data) > MAX_INPUT:
            raise Plain(f"The file is larger than {MAX_INPUT >> 20} MiB")
        take_over(desk, decode(data.decode("utf-8", "replace"), "The file"), "replace")
        return {"restored": True, "from": self.path}

    def _folder(self, desk: Desk) -> str:
        return _inside(desk, self.output_dir) if self.output_dir else _own_folder(desk)


def _own_folder(desk: Desk) -> str:
    """Where the repository keeps what no other clone sees."""
    return os.path.join(open_there(desk.around).repo.local_dir, "checkpoints")


def _inside(desk: Desk, path: str) -> str:
    """The path without links, if it lies in the folder that the server was started in, or in the repository's own."""
    if "\0" in path:
        raise Plain("A path holds no NUL")
    real = os.path.realpath(os.path.join(desk.folder, path))
    for folder in (desk.folder, _own_folder(desk)):
        if os.path.commonpath([real, os.path.realpath(folder)]) == os.path.realpath(folder):
            return real
    raise Plain(f"{path[:200]} lies outside the working directory")


def _verify(desk: Desk) -> Any:
    try:
        return {"ok": desk.run(VerifyLedger()).healthy}
    except LedgerError as error:
        if error.code == "NOT_INITIALISED":
            return {"ok": True}
        raise
