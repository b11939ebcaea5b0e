"""Events and records are canonical: what is written is read back, byte for byte, and what may not be written is refused."""

from random import Random

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger.errors import InvalidInput
from gitledger.model import codec, fold
from gitledger.model.codec import CorruptEvent, LedgerInfo
from gitledger.model.events import (
    PAYLOADS,
    CommentAdded,
    Fields,
    NoteSet,
    PlanProposed,
    TaskCreated,
    TaskEdited,
    TaskImported,
    TodoAdded,
    Unknown,
)
from gitledger.model.task import Actor, Criterion
from tests.model.histories import ADA, START, UID, graphs, random_payload

ENVELOPE = ["v", "task", "clock", "after", "nonce", "at", "op", "actor", "request", "type", "data"]


def seal(payload, *, task=UID, clock=1, after=(), actor=ADA, request=None):
    return codec.seal(
        payload, task=task, clock=clock, after=after, nonce="5be1c07a", at=START, op="test", actor=actor, request=request
    )


def test_an_event_of_ones_own_type_is_sealed_as_it_is_read_back():
    event = seal(Unknown("x.mine", {"b": 1, "a": ["ü", None]}))
    assert codec.decode(event.raw) == event and not event.is_understood
    assert json.loads(event.raw)["data"] == {"b": 1, "a": ["ü", None]} and b'"x.mine"' in event.raw
    state = fold.extend(fold.fold([]), event)
    assert state.task.unknown == fold.fold([codec.decode(event.raw)]).task.unknown == ["x.mine"]


def raw_event(**changes) -> bytes:
    envelope = {"v": 1, "task": UID, "clock": 1, "after": [], "nonce": "00000000", "at": START, "op": "o"}
    envelope |= {"actor": {"type": "user", "name": "ada"}, "type": "task.closed", "data": {}} | changes
    return json.dumps({key: value for key, value in envelope.items() if value is not ...}).encode()


actors = st.builds(
    Actor,
    type=st.sampled_from(["user", "agent", "system"]),
    name=st.text(max_size=5),
    role=st.none() | st.text(max_size=5),
    session=st.none() | st.text(max_size=5),
    pid=st.none() | st.integers(0, 1 << 22),
    person=st.none() | st.text(max_size=5),
)


# ---------------------------------------------------------------------------------------------- round trips


@given(
    st.sampled_from(sorted(PAYLOADS)),
    st.integers(0, 1 << 16),
    st.integers(1, codec.MAX_INTEGER - 1),
    st.lists(st.text("0123456789abcdef", min_size=20, max_size=20), max_size=3, unique=True),
    actors,
    st.none() | st.text(max_size=8),
)
def test_what_is_sealed_is_decoded(type_name, seed, clock, after, actor, request):
    event = seal(random_payload(type_name, Random(seed)), clock=clock, after=after, actor=actor, request=request)
    decoded = codec.decode(event.raw)
    if decoded.is_understood:
        assert decoded == event
        again = seal(decoded.data, clock=clock, after=decoded.after, actor=decoded.actor, request=decoded.request)
        assert again.raw == event.raw
    else:
        # Only a record that was imported from elsewhere may hold what a ledger does not (here: a float).
        assert type_name == "task.imported" and b"1.5" in event.raw


@given(st.text())
def test_every_text_survives(text):
    event = seal(CommentAdded(number=1, text=text))
    assert codec.decode(event.raw).data.text == text
    assert event.raw.index(b"\n") == len(event.raw) - 1


@given(graphs(max_size=10))
def test_records_are_read_back(events):
    record = fold.fold(events).task
    raw = codec.encode_record(record)
    assert codec.decode_task(raw) == record
    assert raw.endswith(b"}\n") and not raw.endswith(b"\n\n")


def test_the_keys_stand_in_the_declared_order():
    event = seal(CommentAdded(number=1, text="t"), after=["b" * 20, "a" * 20], request="r-1")
    assert list(json.loads(event.raw)) == ENVELOPE
    assert json.loads(event.raw)["after"] == ["a" * 20, "b" * 20] == list(event.after)
    assert list(json.loads(seal(CommentAdded(number=1, text="t"), task=None).raw)) == [
        key for key in ENVELOPE if key not in ("task", "request")
    ]


def test_an_event_is_named_by_its_bytes():
    event = seal(CommentAdded(number=1, text="t"), clock=42)
    assert event.id == codec.event_id(event.raw)
    assert codec.file_name(event) == f"000042-{event.id}.json"
    assert codec.EVENT_NAME.fullmatch(codec.file_name(event))["id"] == event.id
    assert codec.file_name(seal(CommentAdded(number=1, text="t"), clock=12_345_678)).startswith("12345678-")


@pytest.mark.parametrize("name", ["00042-" + "a" * 20 + ".json", "000042-" + "A" * 20 + ".json", "٠٠٠٠٤٢-" + "a" * 20 + ".json"])
def test_other_file_names_are_not_those_of_events(name):
    assert codec.EVENT_NAME.fullmatch(name) is None


def test_defaults_are_not_written():
    data = json.loads(seal(TaskCreated(number=1, slug="s", title="t")).raw)["data"]
    assert data == {"number": 1, "slug": "s", "title": "t"}
    data = json.loads(seal(TaskEdited(fields=Fields(owner=None))).raw)["data"]
    assert data == {"fields": {"owner": None}}


def test_absent_and_null_are_told_apart():
    cleared = codec.decode(seal(TaskEdited(fields=Fields(owner=None))).raw).data.fields
    untouched = codec.decode(seal(TaskEdited()).raw).data.fields
    assert (cleared.owner, untouched.owner) != (None, None)
    assert cleared.owner is None


def test_ledger_json_is_one_line():
    info = LedgerInfo(codec.FORMAT_VERSION, codec.FOLD_VERSION, UID)
    raw = codec.encode_ledger(info)
    assert raw == b'{"format":1,"fold":2,"uid":"3f9c2ab1-d0e4-4b7a-9c55-0a1b2c3d4e5f"}\n'
    assert codec.decode_ledger(raw) == info


# ---------------------------------------------------------------------------------------------- events of others


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"v":1',
        b"\xff\xfe",
        raw_event(clock=0),
        raw_event(clock=-1),
        raw_event(clock=codec.MAX_INTEGER),
        raw_event(clock="1"),
        raw_event(clock=1.0),
        raw_event(actor=...),
        raw_event(actor={"type": "user"}),
        raw_event(type=...),
        raw_event(data=...),
        raw_event(task=7),
        raw_event(after="x"),
        raw_event() + b"x",
        raw_event(data={"note": "X"}).replace(b"X", b"\xed\xa0\x80"),
        raw_event(data={"note": "X"}).replace(b"X", b"\\ud800"),
        raw_event(op="X").replace(b"X", b"\\udc00 tail"),
    ],
)
def test_what_is_no_event_is_corrupt(raw):
    with pytest.raises(CorruptEvent):
        codec.decode(raw)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_an_event_or_corrupt(raw):
    with pytest.raises(CorruptEvent):
        codec.decode(raw)
    for decode in (codec.decode_task, codec.decode_ledger):
        with pytest.raises(CorruptEvent):
            decode(raw)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "later.made", "data": {"to": "bob"}},
        {"type": "x.deploy", "data": [1, "two", None]},
        {"type": "task.closed", "data": {"note": 5}},
        {"type": "todo.done", "data": {}},
        {"v": 2},
        {"v": 0},
        {"type": "comment.added", "data": {"number": 1 << 53, "text": "t"}},
        {"type": "comment.added", "data": {"number": -(1 << 53), "text": "t"}},
        {"type": "task.edited", "data": {"properties": {"ratio": 0.5}}},
        {"type": "task.edited", "data": {"meta": {"n": 1 << 60}}},
        {"type": "task.edited", "data": {"fields": {"complexity": 1 << 60}}},
    ],
    ids=str,
)
def test_what_this_version_does_not_understand_is_kept(changes):
    raw = raw_event(**changes)
    event = codec.decode(raw)
    assert not event.is_understood
    assert isinstance(event.data, Unknown) and event.data.type_name == event.type
    assert (event.raw, event.id) == (raw, codec.event_id(raw))


def test_digits_in_a_text_are_no_integer():
    assert codec.decode(raw_event(data={"note": "9" * 40})).is_understood


def test_fields_of_later_versions_are_overlooked():
    event = codec.decode(raw_event(data={"note": "n", "later": True}, later=1))
    assert event.is_understood and event.data.note == "n"


# ---------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "payload",
    [
        TaskCreated(number=1, slug="s", title="t" * codec.MAX_TITLE),
        TaskCreated(number=1, slug="s", title="é" * codec.MAX_TITLE),
        CommentAdded(number=1, text="x" * codec.MAX_TEXT),
        CommentAdded(number=codec.MAX_INTEGER - 1, text=""),
        TaskEdited(properties={"a": {"b": [1, "x", None, True, -codec.MAX_INTEGER + 1]}}),
    ],
    ids=lambda payload: payload.type_name,
)
def test_within_the_limits(payload):
    codec.check_payload(payload)
    assert codec.decode(seal(payload).raw).is_understood


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (TaskCreated(number=1, slug="s", title="t" * 301), "title has 301 characters"),
        (TaskEdited(fields=Fields(title="t" * 301)), "title has 301 characters"),
        (TaskEdited(fields=Fields(description="x" * (codec.MAX_TEXT + 1))), "description has 262145 bytes"),
        (CommentAdded(number=1, text="é" * (codec.MAX_TEXT // 2 + 1)), "text has 262146 bytes"),
        (NoteSet(key="prd", body="x" * (codec.MAX_TEXT + 1)), "body has 262145 bytes"),
        (PlanProposed(version=1, digest="", files=["x" * (codec.MAX_TEXT + 1)]), "files has 262145 bytes"),
        (PlanProposed(version=1, digest="", criteria=[Criterion("ac", "x" * (codec.MAX_TEXT + 1))]), "text has 262145 bytes"),
        (CommentAdded(number=codec.MAX_INTEGER, text=""), "number must be below 2^53"),
        (TaskEdited(fields=Fields(complexity=-codec.MAX_INTEGER)), "complexity must be below 2^53"),
        (TaskEdited(meta={"n": codec.MAX_INTEGER}), "2^53"),
        (TaskEdited(properties={"a": [{"b": 0.5}]}), "no floats"),
        (TaskEdited(properties=nested(33)), "nested deeper than 32 levels"),
        (TaskEdited(properties={"a": "x" * (codec.MAX_TEXT + 1)}), "properties has 262145 bytes"),
        (TaskEdited(properties={"a": {"b": "x" * (codec.MAX_TEXT + 1)}}), "properties has 262145 bytes"),
        (TaskImported(record={"title": 1.5}), "no floats"),
        (TaskImported(record={}, texts={"plans/1.md": "x" * (codec.MAX_TEXT + 1)}), "texts has 262145 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type_name,
)
def test_over_the_limits(payload, words):
    with pytest.raises(InvalidInput, match=words.replace("^", r"\^")):
        codec.check_payload(payload)


@given(st.integers(25, 33))
def test_what_may_be_written_can_be_read(depth):
    payload = TaskEdited(properties=nested(depth))
    try:
        codec.check_payload(payload)
    except InvalidInput:
        assert depth > 32
    else:
        assert codec.decode(seal(payload).raw).data == payload


def test_an_event_has_at_most_one_mebibyte():
    todo = TodoAdded(number=1, text="x" * codec.MAX_TEXT, source="user", validation_hint="x" * (3 * codec.MAX_TEXT))
    with pytest.raises(InvalidInput, match="the limit is 1048576"):
        seal(todo)


@pytest.mark.parametrize(
    ("payload", "changes"),
    [
        (CommentAdded(number=1, text="a\ud800b"), {}),
        (TaskEdited(properties={"a": {"b": "\udfff"}}), {}),
        (TaskEdited(properties={"\udfff": 1}), {}),
        (TaskEdited(add_labels=["\udc00"]), {}),
        (CommentAdded(number=1, text=""), {"actor": Actor(type="user", name="\ud800")}),
        (CommentAdded(number=1, text=""), {"request": "\ud800"}),
    ],
)
def test_lone_surrogates_are_refused(payload, changes):
    codec.check_payload(payload)
    with pytest.raises(InvalidInput, match="valid Unicode"):
        seal(payload, **changes)


def test_a_lone_surrogate_among_long_text_is_measured():
    with pytest.raises(InvalidInput, match="the limit is"):
        codec.check_payload(CommentAdded(number=1, text="\ud800" * codec.MAX_TEXT))


def test_equal_records_and_payloads_have_equal_bytes():
    """A text that came from an event's bytes and one that stands in the code are the same text."""
    from msgspec import structs

    from gitledger.model import fold

    one = fold.start("u", None).task
    other = structs.replace(one, status="".join(("dr", "aft")), workflow="".join(("sta", "ged")))
    assert one == other and b"draft" not in codec.encode_record(other)
    assert codec.encode_record(one) == codec.encode_record(other)
    assert b"role" not in seal(NoteSet(key="k", body="b", role="".join(("que", "ue")))).raw
