"""`gitledger setup`: each client is told in its own file and form; nothing else there is touched, and what is unclear is left."""

from pathlib import Path

import json
import os
import tomllib

import pytest

from gitledger.cli.clients import CLIENTS
from gitledger.model import jsonc, tomltable
from tests.conftest import Cli, Repo

CODEX = """\
# Mine.
model = "big"   # the big one

[mcp_servers.other] # theirs
command = "other"

# About the shell.
[shell]
list = [
  "[mcp_servers.gitledger]",
]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "someone"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.mark.parametrize(("client", "scope"), [(name, scope) for name in CLIENTS for scope in ("project", "global")])
def test_each_client_is_told_checked_and_untold(cli: Cli, repo: Repo, home: Path, client: str, scope: str):
    if scope == "project" and CLIENTS[client].project is None:
        answer = cli("setup", client, "--project", "--json")
        assert (answer.exit_code, answer.json["error"]["code"]) == (5, "NOT_FOUND")
        return
    assert cli("setup", client, f"--{scope}", "--check").exit_code == 7
    told = cli("setup", client, f"--{scope}", "--json").json["result"]
    assert (told["status"], told["changed"], told["scope"]) == ("configured", True, scope)
    path = Path(told["path"])
    assert path.is_relative_to(repo.path if scope == "project" else home)
    before = path.read_bytes()
    read = tomllib.loads if path.suffix == ".toml" else json.loads
    data = read(before.decode())
    assert list(data) == [CLIENTS[client].path[0]] and "gitledger" in data[CLIENTS[client].path[0]]
    entry = data[CLIENTS[client].path[0]]["gitledger"]
    argv = entry["command"] if isinstance(entry["command"], list) else [entry["command"], *entry["args"]]
    assert (argv[0], argv[-1]) == ("gitledger", "mcp")
    assert not cli("setup", client, f"--{scope}", "--json").json["result"]["changed"] and path.read_bytes() == before
    assert cli("setup", client, f"--{scope}", "--check").exit_code == 0
    assert cli("setup", client, f"--{scope}", "--print").stdout == before.decode()
    assert cli("setup", client, f"--{scope}", "--remove").exit_code == 0
    assert "gitledger" not in path.read_text() and cli("setup", client, f"--{scope}", "--check").exit_code == 7


def test_a_file_with_comments_keeps_them_and_another_entry_is_replaced(cli: Cli, home: Path):
    path = home / ".config" / "zed" / "settings.json"
    path.parent.mkdir(parents=True)
    text = '// Mine.\n{\n    "theme": "x", // dark\n    "context_servers": {\n        "gitledger": { "command": "old" }, // ours\n    },\n}\n'
    path.write_text(text)
    path.chmod(0o600)
    assert cli("setup", "zed", "--global", "--check", "--json").json["result"]["status"] == "differs"
    assert cli("setup", "zed", "--global").exit_code == 0
    found = path.read_text()
    assert jsonc.parse(found).data["context_servers"] == {"gitledger": {"command": "gitledger", "args": ["mcp"]}}
    assert "// Mine." in found and "// dark" in found and "// ours" in found
    assert path.stat().st_mode & 0o777 == 0o600
    assert [name for name in os.listdir(path.parent)] == ["settings.json"], "no scraps are left"


def test_a_toml_file_keeps_every_byte(cli: Cli, home: Path):
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text(CODEX)
    assert cli("setup", "codex", "--global").exit_code == 0
    found = path.read_text()
    assert found.startswith(CODEX) and tomllib.loads(found)["mcp_servers"]["gitledger"]["args"] == ["mcp"]
    assert cli("setup", "codex", "--global", "--remove").exit_code == 0
    assert path.read_text() == CODEX


@pytest.mark.parametrize(
    ("client", "path", "text"),
    [
        ("claude", ".claude.json", '{"mcpServers": ['),
        ("claude", ".claude.json", '{"mcpServers": []}'),
        ("claude", ".claude.json", "[]"),
        ("claude", ".claude.json", "\xff"),
        ("codex", ".codex/config.toml", "not toml"),
        ("codex", ".codex/config.toml", 'mcp_servers = { gitledger = { command = "x" } }\n'),
        ("codex", ".codex/config.toml", 'mcp_servers.gitledger.command = "x"\n'),
        ("codex", ".codex/config.toml", "mcp_servers = { other = {} }\n"),
    ],
)
def test_what_is_not_understood_is_left_as_it_is(cli: Cli, home: Path, client: str, path: str, text: str):
    file = home / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("latin-1"))
    answer = cli("setup", client, "--global", "--json")
    assert (answer.exit_code, answer.json["error"]["code"]) == (2, "CANNOT_WRITE")
    assert "--print" in " ".join(answer.json["error"]["remediation"])
    assert file.read_bytes() == text.encode("latin-1")


def test_it_writes_nowhere_else(cli: Cli, repo: Repo, home: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo.path / ".cursor").symlink_to(outside)
    assert cli("setup", "cursor").exit_code == 2 and list(outside.iterdir()) == []
    (outside / "theirs.json").write_text("{}\n")
    (repo.path / "opencode.jsonc").symlink_to(outside / "theirs.json")
    assert cli("setup", "opencode").exit_code == 2 and (outside / "theirs.json").read_text() == "{}\n"
    linked = home / "dotfiles.json"
    linked.write_text("{}\n")
    (home / ".claude.json").symlink_to(linked)
    assert cli("setup", "claude", "--global").exit_code == 0
    assert (home / ".claude.json").is_symlink() and "gitledger" in linked.read_text()


def test_what_does_not_go_together_is_refused(cli: Cli, home: Path, make_repo, cli_in):
    for words in (["setup", "emacs"], ["setup", "claude", "--check", "--remove"], ["setup", "claude", "--project", "--global"], ["setup"], ["setup", "claude", "--command", ""]):
        assert cli(*words).exit_code == 2
    bare = make_repo("bare", bare=True, commit=False)
    assert cli_in(bare.path)("setup", "claude").exit_code == 2
    assert cli_in(home)("setup", "gemini", "--global").exit_code == 0, "outside a repository too"
    unnamed = make_repo(os.fsdecode(b"caf\xe9"), commit=False)
    refused = cli_in(unnamed.path)("setup", "claude-desktop", "--json").json["error"]
    assert refused["code"] == "CANNOT_WRITE" and not list(home.rglob("claude_desktop_config*"))


def test_tables_are_told_from_what_looks_like_them():
    text = 'x = """\n[a.b]\nc = 1\n"""\n'
    with pytest.raises(tomltable.NotToml):
        tomltable.remove_table(text + '[a]\nb = 1\n', ["a", "b"])
    nested = '[a.b]\nc = 1\n[a.b.env]\nd = 2\n[a.bc]\ne = 3\n'
    assert tomltable.remove_table(nested, ["a", "b"]) == "[a.bc]\ne = 3\n"
