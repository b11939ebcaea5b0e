"""`gitledger serve`: start the dashboard. It is another face, and nothing of it is loaded before it is wanted."""

from importlib import import_module
from typing import Any

import click

from gitledger.cli.build import Command


@click.pass_obj
def _run(session: Any, task: str | None, host: str, port: int | None, refresh_ms: int, is_opened: bool) -> None:
    face = import_module("gitledger.web.main")  # by name: faces know nothing of one another
    server, door = face.start(
        root=session.root,
        ledger=session.ledger_name,
        environ=session.environ,
        host=host,
        port=port,
        refresh_ms=refresh_ms,
    )
    url = door.url(task)

    def announce() -> None:
        if session.json:
            _say(session, {"kind": "serve_started", "url": url, "host": host, "port": door.port, "token": door.token})
        else:
            session.console.line(f"serving {url}")
            session.console.talk("Whoever has this address can read the ledger. Ctrl-C ends it.")
        session.console.flush()
        if is_opened:
            import webbrowser

            webbrowser.open(url)

    session.exit_code = face.serve(server, announce)


def _say(session: Any, result: dict[str, Any]) -> None:
    """On one line, so that a program can read it and go on while we serve."""
    import json

    session.console.json_text(json.dumps({"ok": True, "command": "serve", "result": result, "events": [], "warnings": []}))


serve = Command(
    "serve",
    callback=_run,
    params=[
        click.Option(["--task"], metavar="TASK", help="Begin with the page of this task."),
        click.Option(["--host"], default="127.0.0.1", show_default=True, help="127.0.0.1, localhost or ::1: this machine alone."),
        click.Option(["--port"], type=int, help="The port; 0: any that is free. Left out, 8765, or if that is taken any."),
        click.Option(["--refresh-ms"], type=int, default=1000, show_default=True, help="How often a page looks for news."),
        click.Option(["--open/--no-open", "is_opened"], default=False, help="Open the page in the browser too."),
    ],
    help="Serve a dashboard of the ledger to your browser: what is under way, what comes next, every task.\n\n"
    "It only looks, and follows what others write. It listens on this machine alone, and the printed address holds a "
    "token without which nothing is shown. It runs until it is interrupted.",
)
