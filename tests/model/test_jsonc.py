"""JSON with comments is changed at one place; everything else stays to the byte."""

from typing import Any

import json

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from gitledger.model.jsonc import NotJson, parse, remove_member, set_member

SERVER = {"command": "x", "args": ["a", "b c"]}

COMMENTED = """\
// Mine.
{
    // The theme; "quotes" and } do not matter here.
    "theme": "dark", /* or
       light */
    "mcpServers": {
        "other": { "command": "other", "url": "http://x//y" } // keep
    },
    "list": [1, 2, /* three */ 3,],
}
// The end.
"""


def test_a_member_is_added_and_all_else_stays():
    found = set_member(COMMENTED, ["mcpServers", "mine"], SERVER)
    assert found == COMMENTED.replace(
        "} // keep\n",
        '}, // keep\n        "mine": {\n            "command": "x",\n            "args": ["a", "b c"]\n        }\n',
    )
    assert parse(found).data["mcpServers"]["mine"] == SERVER
    assert remove_member(found, ["mcpServers", "mine"]) == COMMENTED


def test_a_member_is_replaced_where_it_stands():
    found = set_member(COMMENTED, ["mcpServers", "other"], {"a": 1})
    assert parse(found).data["mcpServers"] == {"other": {"a": 1}}
    assert found.count("// keep") == 1 and found.startswith("// Mine.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{ "x": 1 }', '{ "x": 1, "a": {"b": 1} }'),
        ('{"x": 1,}', '{"x": 1, "a": {"b": 1}}'),
        ('{\n\t"x": 1,\n}\n', '{\n\t"x": 1,\n\t"a": {\n\t\t"b": 1\n\t},\n}\n'),
        ('{\r\n  "x": 1\r\n}\r\n', '{\r\n  "x": 1,\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}\r\n'),
        ("{\n  // nothing yet\n}\n", '{\n  // nothing yet\n  "a": {\n    "b": 1\n  }\n}\n'),
        ('\ufeff{\n  "a": {}\n}', '\ufeff{\n  "a": {\n    "b": 1\n  }\n}'),
    ],
)
def test_in_whatever_form_the_file_is(before, after):
    assert set_member(before, ["a", "b"], 1) == after


@pytest.mark.parametrize("text", ["[]", '{"a": 1}', '{"a": [}', '{"a" 1}', '{"a": 1 "b": 2}', "{} x", '{"a": 1, "a": 2}', "{", '"', "{'a': 1}", "[" * 5000, '{"a": 1e}', '{"\\x": 1}'])
def test_what_is_no_such_object_is_left_alone(text):
    with pytest.raises(NotJson):
        set_member(text, ["a", "b"], 1)


KEYS = st.sampled_from(["a", "b", "servers", "mine"])
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, DATA, max_size=3), max_size=3), KEYS, KEYS, DATA, st.sampled_from([None, 1, 2, "\t"]))
def test_it_means_what_was_asked_for(data: dict[str, Any], outer: str, inner: str, value: Any, indent: Any):
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    found = set_member(text, [outer, inner], value)
    assert parse(found).data == {**data, outer: {**data.get(outer, {}), inner: value}}
    gone = remove_member(found, [outer, inner])
    assert parse(gone).data[outer] == {key: held for key, held in data.get(outer, {}).items() if key != inner}
    if inner not in data.get(outer, {}) and data.get(outer):
        assert gone == text
