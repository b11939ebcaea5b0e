"""What has shipped stays readable, byte for byte: the frozen examples under `tests/wire/`.

`tests/wire/events/<type>.json` holds an event of each type with every field, `<type>.min.json` one with
the required fields only; `tests/wire/records/<fold>/` holds the tree of a whole ledger as that fold version
wrote it. `python -m tests.wire.freeze` writes those that are missing and never overwrites one.
"""

from pathlib import Path
from typing import Any

import json
import re

import pytest
from msgspec import NODEFAULT, structs

from gitledger.model import codec, fold
from gitledger.model.events import PAYLOADS
from gitledger.store.tree import task_directory
from tests.wire import freeze

EVENTS = sorted(freeze.EVENTS.iterdir())
ENVELOPE = ["v", "task", "clock", "after", "nonce", "at", "op", "actor", "request", "type", "data"]
CURRENT = freeze.RECORDS / str(codec.FOLD_VERSION)
VERSIONS = sorted(freeze.RECORDS.iterdir())


def type_of(path: Path) -> str:
    return path.name.removesuffix(".json").removesuffix(".min")


def test_every_type_has_its_examples_and_every_example_its_type():
    expected = {f"{name}{suffix}.json" for name in PAYLOADS for suffix in ("", ".min")}
    assert {path.name for path in EVENTS} == expected, "python -m tests.wire.freeze"


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)
def test_an_example_is_decoded_and_sealed_to_the_same_bytes(path):
    raw = path.read_bytes()
    event = codec.decode(raw)
    assert event.is_understood and event.type == type_of(path)
    again = codec.seal(
        event.data,
        task=event.task,
        clock=event.clock,
        after=event.after,
        nonce=event.nonce,
        at=event.at,
        op=event.op,
        actor=event.actor,
        request=event.request,
    )
    assert again.raw == raw
    assert again == event
    assert codec.EVENT_NAME.fullmatch(codec.file_name(event))["id"] == event.id == codec.event_id(raw)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)
def test_the_keys_stand_in_the_order_of_the_design(path):
    envelope = json.loads(path.read_bytes())
    assert list(envelope) == [key for key in ENVELOPE if key in envelope]
    assert set(ENVELOPE) - set(envelope) <= {"task", "request"}
    assert ("task" in envelope) != type_of(path).startswith(freeze.BOOK)
    declared = PAYLOADS[type_of(path)].__struct_fields__
    assert list(envelope["data"]) == [key for key in declared if key in envelope["data"]]


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_the_full_example_fills_every_field_and_the_small_one_only_what_is_required(name):
    envelopes = [json.loads((freeze.EVENTS / f"{name}{suffix}.json").read_bytes()) for suffix in ("", ".min")]
    fields = structs.fields(PAYLOADS[name])
    required = [field.name for field in fields if field.default is NODEFAULT and field.default_factory is NODEFAULT]
    assert list(envelopes[0]["data"]) == [field.name for field in fields]
    assert list(envelopes[1]["data"]) == required
    assert list(envelopes[0]["actor"]) == list(freeze.AGENT.__struct_fields__)
    assert list(envelopes[1]["actor"]) == ["type", "name"]


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)
def test_the_fold_takes_every_example(path):
    event = codec.decode(path.read_bytes())
    state = (fold.fold_book if event.task is None else fold.fold)([event])
    assert not state.unknown and state.clock == event.clock and state.heads == [event.id]


# ---------------------------------------------------------------------------------------------- the ledger


def ledger(version: Path) -> dict[str, bytes]:
    return {str(path.relative_to(version)): path.read_bytes() for path in version.rglob("*") if path.is_file()}


def events_in(files: dict[str, bytes], folder: str) -> list[codec.Event]:
    return [codec.decode(raw) for path, raw in files.items() if path.startswith(f"{folder}/events/")]


def task_folders(files: dict[str, bytes]) -> list[str]:
    return sorted({path.rpartition("/")[0] for path in files if path.endswith("/task.json")})


def test_there_is_a_ledger_of_this_fold_version():
    assert CURRENT in VERSIONS, "python -m tests.wire.freeze"


def test_the_ledger_tells_of_every_type():
    files = ledger(CURRENT)
    told = {event.type for folder in ("book", *task_folders(files)) for event in events_in(files, folder)}
    assert told == set(PAYLOADS)


def test_the_records_fold_to_the_same_bytes():
    files = ledger(CURRENT)
    derived: dict[str, Any] = fold.files(fold.fold_book(events_in(files, "book")))
    expected = {f"book/{name}": data for name, data in derived.items()}
    for folder in task_folders(files):
        state = fold.fold(events_in(files, folder))
        assert task_directory(state.task.number, state.task.uid, state.task.archived_at is not None) == folder
        expected |= {f"{folder}/{name}": data for name, data in fold.files(state).items() if data is not None}
    info = codec.decode_ledger(files["ledger.json"])
    expected["ledger.json"] = codec.encode_ledger(info)
    assert {path: raw for path, raw in files.items() if "/events/" not in path} == expected


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: f"fold {path.name}")
def test_every_ledger_ever_written_is_read(version):
    files = ledger(version)
    info = codec.decode_ledger(files["ledger.json"])
    assert (info.format, info.fold) == (codec.FORMAT_VERSION, int(version.name))
    assert codec.decode_book(files["book/book.json"]).uid == info.uid
    for folder in ("book", *task_folders(files)):
        events = events_in(files, folder)
        assert all(event.is_understood for event in events)
        names = {path.rpartition("/")[2] for path in files if path.startswith(f"{folder}/events/")}
        assert {codec.file_name(event) for event in events} == names
        assert all(codec.EVENT_NAME.fullmatch(name) for name in names)


def test_the_record_has_every_part_but_what_cannot_stand_beside_it():
    files = ledger(CURRENT)
    (folder,) = task_folders(files)
    record = codec.decode_task(files[f"{folder}/task.json"])
    written = json.loads(files[f"{folder}/task.json"])
    assert list(written) == [name for name in record.__struct_fields__ if name in written]
    left_out = {field.name for field in structs.fields(type(record))} - set(written)
    assert left_out == {
        "workflow",  # default: staged
        "kind",  # the import made it a managed task again
        "milestone",  # cleared
        "recorded_at",
        "recorded_by",
        "archived_at",
        "deleted_at",
        "unknown",
    }
    assert record.current_plan() is not None and record.hold is not None
    assert [conflict.field for conflict in record.conflicts] == ["priority"]


# ---------------------------------------------------------------------------------------------- the command


def test_the_command_refuses_to_overwrite(capsys):
    before = {path: path.read_bytes() for path in EVENTS}
    assert freeze.main(["comment.added"]) == 1
    assert re.fullmatch(r"events/comment.added.json is frozen: .*\n", capsys.readouterr().err)
    assert freeze.main([]) == 0
    assert capsys.readouterr().out == ""
    assert {path: path.read_bytes() for path in sorted(freeze.EVENTS.iterdir())} == before
