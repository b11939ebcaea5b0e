"""Ledgers changed behind gitledger's back, with plain git: damage, and what newer versions would write."""

import hashlib
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitledger.model import codec, fold
from gitledger.store.repo import open_repository
from gitledger.store.snapshot import open_snapshot
from tests.conftest import Repo
from tests.reliability.fleet import REF


def git(repo: Repo, *args: str, input: bytes = b"", **variables: str) -> str:
    """Run git on bytes."""
    done = subprocess.run(
        ["git", *args],
        cwd=repo.path,
        input=input,
        capture_output=True,
        env={**os.environ, **variables},
        timeout=60,
        check=True,
    )
    return done.stdout.decode().strip()


def commit_files(repo: Repo, files: Mapping[str, bytes | None], message: str = "by hand\n") -> str:
    """One more commit on the ledger, with these files set (None: removed). Returns its id."""
    index = str(repo.path / ".git/scratch-index")
    git(repo, "read-tree", REF, GIT_INDEX_FILE=index)
    for path, data in files.items():
        if data is None:
            git(repo, "update-index", "--force-remove", path, GIT_INDEX_FILE=index)
            continue
        blob = git(repo, "hash-object", "-w", "--stdin", input=data)
        git(repo, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", GIT_INDEX_FILE=index)
    tree = git(repo, "write-tree", GIT_INDEX_FILE=index)
    os.unlink(index)
    commit = git(repo, "commit-tree", tree, "-p", REF, input=message.encode())
    git(repo, "update-ref", REF, commit)
    return commit


def directory(repo: Repo, number: int) -> str:
    """The folder of a task in the ledger's tree."""
    paths = repo.git("ls-tree", "-r", "-d", "--name-only", REF).splitlines()
    return next(path for path in paths if path.count("/") == 2 and path.split("/")[2].startswith(f"{number:04d}-"))


def show(repo: Repo, path: str) -> bytes:
    """A file of the ledger."""
    return subprocess.run(["git", "cat-file", "blob", f"{REF}:{path}"], cwd=repo.path, capture_output=True, check=True).stdout


def object_id(repo: Repo, path: str) -> str:
    """The id of what lies at `path` in the ledger's tree; of the tip for an empty path."""
    return repo.git("rev-parse", f"{REF}:{path}" if path else REF)


def inject_event(repo: Repo, number: int | None, type_name: str, data: Any, version: int = 1) -> str:
    """An event made by a program newer than this one, beside the record that its fold makes of it. Returns its id."""
    place = "book" if number is None else directory(repo, number)
    with open_snapshot(open_repository(str(repo.path), {}), "main") as snapshot:
        row = snapshot.lookup(number=number)[0] if number is not None else None
        if row is None:
            state: Any = fold.start_book(snapshot.book())
        else:
            state = fold.start(row.uid, snapshot.record(row.uid), lambda name: snapshot.text(row.uid, name))
        event = {"v": version} | ({"task": row.uid} if row else {})
        event |= {
            "clock": state.clock + 1,
            "after": list(state.heads),
            "nonce": "00c0ffee",
            "at": "2027-01-01T00:00:00.000000Z",
            "op": "future command",
            "actor": {"type": "agent", "name": "newer"},
            "type": type_name,
            "data": data,
        }
        raw = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        state = fold.extend(state, codec.decode(raw))
        files: dict[str, bytes | None] = {f"{place}/{name}": text for name, text in fold.files(state).items()}
    identity = hashlib.sha256(raw).hexdigest()[:20]
    files[f"{place}/events/{event['clock']:06d}-{identity}.json"] = raw
    commit_files(repo, files)
    return identity


# ---------------------------------------------------------------------------------------------- damage


def loose(repo: Repo, oid: str) -> Path:
    """The file of a loose object."""
    return repo.path / ".git/objects" / oid[:2] / oid[2:]


def truncate(repo: Repo, path: str) -> str:
    """Cut the object at `path` in half, as a full disk or a power cut may. Returns its id."""
    oid = object_id(repo, path)
    file = loose(repo, oid)
    data = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(data[: len(data) // 2])
    return oid


def empty(repo: Repo, path: str) -> str:
    """Leave the object's file without a byte."""
    oid = object_id(repo, path)
    loose(repo, oid).chmod(0o644)
    loose(repo, oid).write_bytes(b"")
    return oid


def remove(repo: Repo, path: str) -> str:
    """Lose the object, as a partial clone or a careless copy does."""
    oid = object_id(repo, path)
    loose(repo, oid).unlink()
    return oid


def swap(repo: Repo, path: str) -> str:
    """Put another, well-formed object in its place."""
    oid = object_id(repo, path)
    loose(repo, oid).chmod(0o644)
    loose(repo, oid).write_bytes(zlib.compress(b"blob 6\0hello\n"))
    return oid


def forget_index(repo: Repo) -> None:
    """Delete gitledger's cache."""
    shutil.rmtree(repo.path / ".git/gitledger", ignore_errors=True)
