"""`gitledger setup CLIENT`: tell a client of the server, in its own configuration file, and nothing else in there."""

from typing import Any, Literal

import os
import stat
import tempfile

import click
from msgspec import Struct

from gitledger.cli.build import Argument, Command
from gitledger.cli.clients import CLIENTS, NAME, Client
from gitledger.errors import InvalidInput, NotFound
from gitledger.model import jsonc, tomltable

PROGRAM = "gitledger"
_LARGEST = 16 << 20


class ClientSetup(Struct):
    """The entry of a client. `status`: what is so now, with `changed` if it was not before; `text` is the entry as it is written.

    configured · absent · differs (there is another entry of that name, with --check).
    """

    client: str
    scope: str
    path: str
    status: Literal["configured", "absent", "differs"]
    changed: bool
    text: str
    note: str
    kind: Literal["client_setup"] = "client_setup"

    def report_exit(self) -> int:
        """A check that finds no entry, or another, says no."""
        return 0 if self.status == "configured" or self.changed or self.asked != "check" else 7

    asked: str = "write"


def _known(name: str) -> Client:
    if name not in CLIENTS:
        raise InvalidInput(
            f"{name[:40]!r} is not a client known here: {', '.join(CLIENTS)}.",
            hint=(PROGRAM, "setup", "--help"),
            remediation=("docs/how-to/client-configuration.md tells what any client wants to know.",),
        )
    return CLIENTS[name]


def _place(session: Any, client: Client, scope: str) -> str:
    """The file to be changed."""
    if scope == "global":
        assert client.user is not None  # every client has one
        return client.user(session.environ)
    assert client.project is not None  # asked for before
    root = session.open().repo.work_tree
    if root is None:
        raise InvalidInput(
            "A bare repository has no files for a client; name its own configuration with --global.",
            hint=(PROGRAM, "setup", "--help"),
        )
    path = os.path.join(root, client.project)
    if client.project.endswith("opencode.json") and not os.path.exists(path) and os.path.exists(f"{path}c"):
        path = f"{path}c"
    if os.path.commonpath([os.path.realpath(path), os.path.realpath(root)]) != os.path.realpath(root):
        raise InvalidInput(f"{client.project} leads out of the repository; it was left as it is.", hint=(PROGRAM, "setup", "--help"))
    return path


def _argv(session: Any, client: Client, scope: str, command: str, profile: str) -> list[str]:
    """What the client has to start."""
    served = ["mcp"] if profile == "native" else ["mcp", "--profile", profile]
    if scope not in client.takes_root:
        return [command, *served]
    repo = session.open().repo if client.workspace is None else None
    root = client.workspace if repo is None else repo.work_tree or repo.git_dir
    return [command, "--root", root, *served]


# ---------------------------------------------------------------------------------------------- the file


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise _unfit(path, "it is too large")
        return data.decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unfit(path, getattr(error, "strerror", None) or "it is not UTF-8") from None


def _unfit(path: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{path} was left as it is: {why}.",
        code="CANNOT_WRITE",
        hint=(PROGRAM, "setup", "--help"),
        remediation=("--print shows what to enter there by hand.",),
        details={"path": path},
    )


def _parse(text: str, client: Client) -> dict[str, Any]:
    data = tomltable.parse(text) if client.is_toml else jsonc.parse(text).data if text.strip("\ufeff \t\r\n") else {}
    if not isinstance(data, dict):
        raise jsonc.NotJson("it is no object")
    return data


def _held(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _change(text: str, client: Client, entry: dict[str, Any] | None) -> str:
    """The text with the entry, or without one; it is read again, and has to say that and what it said before."""
    path = (*client.path, NAME)
    before = _parse(text, client)
    if client.is_toml:
        found = tomltable.set_table(text, path, entry) if entry is not None else tomltable.remove_table(text, path)
    else:
        found = jsonc.set_member(text, path, entry) if entry is not None else jsonc.remove_member(text, path)
    holder = dict(_held(before, client.path) or {})
    holder.pop(NAME, None)
    wanted = {**holder, NAME: entry} if entry is not None else holder
    after = _parse(found, client)
    others = {key: value for key, value in before.items() if key != client.path[0]}
    if (_held(after, client.path) or {}) != wanted or {k: v for k, v in after.items() if k != client.path[0]} != others:
        raise jsonc.NotJson("it is written in a form that is not understood well enough to be changed")
    return found


def _write(path: str, text: str) -> None:
    """The file as a whole, or not at all; a link stays one, and its target keeps its mode."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise _unfit(path, "the path of the repository, which it would name, is not UTF-8") from None
    try:
        os.makedirs(folder, exist_ok=True)
        mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else None
        descriptor, made = tempfile.mkstemp(dir=folder, prefix=".gitledger-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.chmod(made, mode if mode is not None else 0o644)
            os.replace(made, target)
        except OSError:
            os.unlink(made)
            raise
    except OSError as error:
        raise _unfit(path, error.strerror or str(error)) from None


# ---------------------------------------------------------------------------------------------- the command


def set_up(session: Any, name: str, asked: str, scope: str | None, command: str, profile: str) -> ClientSetup:
    """Look, write, remove or only tell, as asked."""
    client = _known(name)
    scope = scope or ("project" if client.project is not None else "global")
    if scope == "project" and client.project is None:
        raise NotFound(
            f"{client.title} has no configuration for one project.", code="NOT_FOUND", hint=(PROGRAM, "setup", "--help")
        )
    path, entry = _place(session, client, scope), client.entry(_argv(session, client, scope, command, profile))
    written = _change("", client, entry)
    text = _read(path) if asked != "print" else ""
    try:
        known = _held(_parse(text, client), (*client.path, NAME))
        changed = asked == "remove" and known is not None or asked == "write" and known != entry
        if changed:
            _write(path, _change(text, client, entry if asked == "write" else None))
    except (jsonc.NotJson, tomltable.NotToml) as error:
        raise _unfit(path, str(error)) from None
    if asked in ("write", "print"):
        status: Any = "configured" if asked == "write" else "absent"
    else:
        status = "absent" if known is None or asked == "remove" else "configured" if known == entry else "differs"
    return ClientSetup(
        client=name, scope=scope, path=path, status=status, changed=changed, text=written, note=client.note, asked=asked
    )


def _say(session: Any, view: ClientSetup) -> None:
    if session.json:
        session.answer(view)
        return
    session.exit_code = view.report_exit()
    console = session.console
    if view.asked == "print":
        console.text(view.text)
        console.talk(f"to be entered in {view.path}")
        return
    said = {
        "write": f"told {CLIENTS[view.client].title} of the server" if view.changed else "it was told of the server already",
        "remove": "took the entry away" if view.changed else "there was no entry",
        "check": {
            "configured": "the server is configured",
            "absent": "the server is not configured",
            "differs": "there is another entry of that name",
        }[view.status],
    }[view.asked]
    console.line(f"{said}: {view.path}")
    if view.note and view.asked == "write":
        console.talk(view.note)


@click.pass_obj
def _run(
    session: Any, /, client: str, check: bool, remove: bool, print_: bool, project: bool, global_: bool, command: str, profile: str
) -> None:
    asked = [name for name, is_on in (("check", check), ("remove", remove), ("print", print_)) if is_on] or ["write"]
    scopes = [name for name, is_on in (("project", project), ("global", global_)) if is_on]
    if len(asked) > 1 or len(scopes) > 1:
        raise InvalidInput(
            "--check, --remove and --print exclude each other, and so do --project and --global.", hint=(PROGRAM, "setup", "--help")
        )
    if not command.strip():
        raise InvalidInput("--command must not be empty.", hint=(PROGRAM, "setup", "--help"))
    _say(session, set_up(session, client, asked[0], scopes[0] if scopes else None, command, profile))


setup = Command(
    "setup",
    callback=_run,
    params=[
        Argument(["client"], metavar="CLIENT", about=f"One of {', '.join(CLIENTS)}."),
        click.Option(["--check"], is_flag=True, help="Only look whether it is configured so; exit 7 where it is not."),
        click.Option(["--remove"], is_flag=True, help="Take the entry away."),
        click.Option(["--print", "print_"], is_flag=True, help="Only show what would be written."),
        click.Option(["--project"], is_flag=True, help="In the repository's own file, as is usual where the client has one."),
        click.Option(["--global", "global_"], is_flag=True, help="In the file for all your projects."),
        click.Option(["--command"], metavar="PATH", default=PROGRAM, show_default=True, help="The program that the client starts."),
        click.Option(
            ["--profile"], type=click.Choice(["native", "orchestrator"]), default="native", help="Which tools it serves; see `mcp --help`."
        ),
    ],
    help="Tell a client of the MCP server: write the entry into its configuration file.\n\n"
    "Nothing else in the file is touched, neither order nor comments. What cannot be changed so is left as it is, and "
    "--print shows what to enter by hand.",
)
