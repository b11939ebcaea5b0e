"""The programs that speak to MCP servers: where each keeps its configuration, and what it wants to be told of a server."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import os
import sys

NAME = "gitledger"


class Client(NamedTuple):
    """A program. `project` is a path inside the repository, `user` one for all projects; None where it has no such file.

    `path` are the names on the way to the servers in the file; `takes_root` in which scopes the server has to be told the
    repository, with `workspace` as the client's word for it, if it has one.
    """

    title: str
    project: str | None
    user: Callable[[Mapping[str, str]], str] | None
    path: tuple[str, ...] = ("mcpServers",)
    entry: Callable[[list[str]], dict[str, Any]] = lambda argv: {"command": argv[0], "args": argv[1:]}
    takes_root: tuple[str, ...] = ()
    workspace: str | None = None
    is_toml: bool = False
    note: str = ""


def _home(*parts: str) -> Callable[[Mapping[str, str]], str]:
    return lambda environ: os.path.join(environ.get("HOME") or os.path.expanduser("~"), *parts)


def _config(*parts: str) -> Callable[[Mapping[str, str]], str]:
    return lambda environ: os.path.join(environ.get("XDG_CONFIG_HOME") or _home(".config")(environ), *parts)


def _application(*parts: str) -> Callable[[Mapping[str, str]], str]:
    """A file of a desktop program."""

    def place(environ: Mapping[str, str]) -> str:
        if sys.platform == "darwin":
            return _home("Library", "Application Support", *parts)(environ)
        if sys.platform == "win32":
            return os.path.join(environ.get("APPDATA") or _home("AppData", "Roaming")(environ), *parts)
        return _config(*parts)(environ)

    return place


def _codex(environ: Mapping[str, str]) -> str:
    return os.path.join(environ.get("CODEX_HOME") or _home(".codex")(environ), "config.toml")


CLIENTS: dict[str, Client] = {
    "claude": Client(
        "Claude Code", ".mcp.json", _home(".claude.json"), note="It asks once whether the server of a project may be started."
    ),
    "claude-desktop": Client("Claude Desktop", None, _application("Claude", "claude_desktop_config.json"), takes_root=("global",)),
    "codex": Client(
        "Codex", ".codex/config.toml", _codex, ("mcp_servers",), is_toml=True, note="It reads the file of a project that it trusts."
    ),
    "cursor": Client(
        "Cursor", ".cursor/mcp.json", _home(".cursor", "mcp.json"), takes_root=("project", "global"), workspace="${workspaceFolder}"
    ),
    "gemini": Client("Gemini CLI", ".gemini/settings.json", _home(".gemini", "settings.json")),
    "opencode": Client(
        "opencode",
        "opencode.json",
        _config("opencode", "opencode.json"),
        ("mcp",),
        lambda argv: {"type": "local", "command": argv, "enabled": True},
    ),
    "vscode": Client(
        "VS Code",
        ".vscode/mcp.json",
        _application("Code", "User", "mcp.json"),
        ("servers",),
        lambda argv: {"type": "stdio", "command": argv[0], "args": argv[1:]},
        takes_root=("project", "global"),
        workspace="${workspaceFolder}",
    ),
    "windsurf": Client("Windsurf", None, _home(".codeium", "windsurf", "mcp_config.json"), takes_root=("global",)),
    "zed": Client("Zed", ".zed/settings.json", _config("zed", "settings.json"), ("context_servers",)),
}
