"""Title and description share `task.md` and come apart again; keys become harmless file names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger.model.texts import encode_name, split_task_md, task_md, text_file

titles = st.text().map(lambda text: " ".join(text.split()))


@given(titles, st.text())
def test_title_and_description_come_apart_as_they_were_joined(title, description):
    text = task_md(title, description)
    assert split_task_md(text) == (title, description.rstrip("\n"))
    assert task_md(*split_task_md(text)) == text


@given(titles, st.text())
def test_the_file_is_the_text(title, description):
    assert text_file(task_md(title, description)) == task_md(title, description)


@pytest.mark.parametrize(
    ("title", "description", "text"),
    [
        ("One", "", "# One\n"),
        ("One", "\n\n", "# One\n"),
        ("One", "text", "# One\n\ntext\n"),
        ("One", "\n  indented\n\nmore\n\n", "# One\n\n\n  indented\n\nmore\n"),
        ("# One", "# Two", "# # One\n\n# Two\n"),
        ("", "text", "# \n\ntext\n"),
        ("One", "a\r\nb", "# One\n\na\r\nb\n"),
    ],
)
def test_task_md(title, description, text):
    assert task_md(title, description) == text


@pytest.mark.parametrize(("text", "parts"), [("", ("", "")), ("no heading", ("no heading", "")), ("# x\ntight", ("x", "tight"))])
def test_a_task_md_of_another_hand(text, parts):
    assert split_task_md(text) == parts


@pytest.mark.parametrize(("text", "file"), [("", "\n"), ("a", "a\n"), ("a\n\n\n", "a\n"), ("a\n\nb\n", "a\n\nb\n")])
def test_files_end_in_one_newline(text, file):
    assert text_file(text) == file


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("prd", "prd"),
        ("research/api", "research%2fapi"),
        ("PRD", "%50%52%44"),
        ("..", "%2e%2e"),
        (".git", "%2egit"),
        ("é", "%c3%a9"),
        ("100%", "100%25"),
        ("a\0b", "a%00b"),
        ("", "%"),
    ],
)
def test_encoded_names(key, name):
    assert encode_name(key) == name


@given(st.text() | st.text(st.sampled_from("aA%é/."), min_size=30, max_size=200))
def test_encoded_names_are_harmless(key):
    assert re.fullmatch(r"[a-z0-9_%-]{1,120}", encode_name(key))


keys = st.text(st.sampled_from("aA%-é2f"), max_size=150) | st.text(max_size=60)


@given(st.lists(keys, max_size=6))
def test_different_keys_have_different_names(given_keys):
    """Also where somebody takes the encoded name of one key for another key."""
    different = {*given_keys, *map(encode_name, given_keys)}
    assert len({encode_name(key) for key in different}) == len(different)


def test_a_short_key_cannot_take_the_name_of_a_long_one():
    name = encode_name("k" * 200)
    assert encode_name(name) != name
    assert encode_name("k" * 201) != name
