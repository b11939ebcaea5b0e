"""One run of the program: its streams, its root options, and the way from a parsed operation to a printed answer."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from gitledger.cli.console import Console
from gitledger.errors import InvalidInput

PROGRAM = "gitledger"


class Session:
    """What a command finds in `context.obj`.

    `command` is dotted and says how far parsing got; `recorded` are the events that are safe in the ledger,
    whatever happens to the answer; `exit_code` is the verdict of the answer.
    """

    def __init__(
        self,
        *,
        stdin: IO[bytes] | None,
        stdout: IO[str],
        stderr: IO[str],
        environ: Mapping[str, str],
        json: bool,
        open_ledger: Callable[..., Any] | None = None,
    ) -> None:
        self.console = Console(stdout, stderr, environ, json=json)
        self.json = json
        self.stdin = stdin
        self.environ = environ
        self.command = PROGRAM
        self.root = "."
        self.base = "."
        self.ledger_name: str | None = None
        self.request: str | None = None
        self.at: str | None = None
        self.exit_code = 0
        self.recorded: Sequence[str] = ()
        self._open_ledger = open_ledger
        self._inputs: Any = None

    # ------------------------------------------------------------------ root options

    def place(
        self,
        *,
        root: str | None,
        cwd: str | None,
        changed: Sequence[str],
        ledger: str | None,
        request_id: str | None,
        at: str | None = None,
    ) -> None:
        """Take the root options in. `-C` moves where files are looked for as well; `--root` and `--cwd` do not."""
        self.base = os.path.join(".", *changed) if changed else "."
        named = {option: path for option, path in (("--root", root), ("--cwd", cwd)) if path is not None}
        named = {option: os.path.join(self.base, path) for option, path in named.items()}
        if len({os.path.realpath(path) for path in named.values()}) > 1:
            raise InvalidInput("--root and --cwd name different places; give one of them.", hint=(PROGRAM, "--help"))
        self.root = next(iter(named.values()), self.base)
        for option, path in [*([("-C", self.base)] if changed else []), *named.items()]:
            if not os.path.isdir(path):
                raise InvalidInput(f"{option}: there is no directory {path!r}.", hint=(PROGRAM, "--help"))
        if ledger == "":
            raise InvalidInput("--ledger must not be empty.", hint=(PROGRAM, "--help"))
        self.ledger_name = ledger
        self.request = request_id
        self.at = at

    @property
    def inputs(self) -> Any:
        """Files and standard input, for the options that read them."""
        from gitledger.cli.inputs import Inputs

        if self._inputs is None:
            self._inputs = Inputs(self.base, self.stdin)
        return self._inputs

    def open(self) -> Any:
        """The ledger that the root options name."""
        opener = self._open_ledger
        if opener is None:
            from gitledger.ledger import open_ledger as opener
        ledger = opener(self.root, ledger=self.ledger_name, environ=self.environ)
        ledger.progress = self.console.progress("reading the ledger")
        ledger.streams = self
        if self.at is not None:
            ledger.look_back(self.at)
        return ledger

    # ------------------------------------------------------------------ programs that are run (ledger/child.Streams)

    def pass_on(self, stream: int, data: bytes) -> None:
        """Hand on what a program printed. Raises OSError where nobody takes it."""
        self.console.pass_on(stream, data)

    def tell(self, text: str) -> None:
        """Say what is going on, to people."""
        if not self.json:
            self.console.talk(text)

    def confirm(self, lines: list[str]) -> bool | None:
        """Show the commands and ask whether to run them: on a terminal, else None."""
        if self.json or self.stdin is None or not self.stdin.isatty():
            return None
        for line in lines:
            self.console.talk("  $ ", line)
        self.console.err.write(f"Run {'this' if len(lines) == 1 else f'these {len(lines)}'}? [y/N] ")
        self.console.err.flush()
        return self.stdin.readline(1024).strip().lower() in (b"y", b"yes")

    def edit(self, argv: list[str], environ: Mapping[str, str]) -> int | None:
        """Run an editor on the terminal, and give its exit code; None without a terminal."""
        if self.json or self.stdin is None or not self.stdin.isatty() or not self.console.is_terminal:
            return None
        from gitledger.exec import run_in_terminal

        self.console.flush()
        return run_in_terminal(argv, environ=environ)

    # ------------------------------------------------------------------ answering

    def perform(self, op: Any) -> None:
        """Run the operation, write the file it was asked to write, say the answer."""
        from gitledger.ops._base import command_id

        self.command = command_id(op)
        overwrite = bool(getattr(op, "overwrite", False))
        path = _output_path(op)
        if path is not None and op.writes and not overwrite:
            from gitledger.cli.inputs import refuse_existing

            refuse_existing(self.base, path)
        if not op.needs_repository and self.at is None:
            self.answer(op.show(None), op)
            return
        ledger = self.open()
        with ledger.naming():
            self._carry_out(op, ledger, overwrite)

    def _carry_out(self, op: Any, ledger: Any, overwrite: bool) -> None:
        try:
            outcome = self._run(op, ledger)
        finally:
            self.recorded = getattr(ledger, "recorded", ())
        self.recorded = outcome.events
        view = outcome.view
        written = view.written() if hasattr(view, "written") else None
        if written is not None and written[0] != "-":
            from gitledger.cli.inputs import write_output

            write_output(self.base, written[0], written[1], overwrite=overwrite)
        elif written is not None and not self.json:
            self.console.text(written[1])
            self._warn(outcome.warnings)
            return
        self.answer(view, op, events=outcome.events, warnings=outcome.warnings, task_id=outcome.task_id)

    def _run(self, op: Any, ledger: Any) -> Any:
        from gitledger.ops._base import needs_remote

        if not needs_remote(op, lambda: ledger.config.claims_are_remote):
            return ledger.run(op, request=self.request)
        from gitledger.sync import run

        asks = ledger.config.has_terminal and not self.json
        return run(ledger, op, folder=self.base, asks=asks, request=self.request)

    def answer(
        self,
        view: Any,
        op: Any = None,
        *,
        events: Sequence[str] = (),
        warnings: Sequence[str] = (),
        task_id: str | None = None,
    ) -> None:
        """Say `view`: the success envelope with `--json`, else for people, with warnings on stderr."""
        verdict = getattr(view, "report_exit", 0)
        self.exit_code = (verdict() if callable(verdict) else verdict) or 0
        if self.json:
            from gitledger.cli.render import plain

            envelope: dict[str, Any] = {"ok": True, "command": self.command}
            if task_id is not None:
                envelope["task_id"] = task_id
            envelope |= {"result": plain(view), "events": list(events), "warnings": list(warnings)}
            self.say_json(envelope)
            return
        from gitledger.cli.render import render

        render(view, op, self.console)
        self._warn(warnings)

    def say_json(self, envelope: Mapping[str, Any]) -> None:
        """An envelope on stdout."""
        import json

        self.console.json_text(json.dumps(envelope, indent=2, ensure_ascii=False))

    def say_help(self, text: str) -> None:
        """A help text; with `--json` in an envelope like everything else."""
        if self.json:
            self.say_json(_said(self.command, {"kind": "help", "text": text}))
        else:
            self.console.text(text)

    def say_version(self, version: str) -> None:
        """`gitledger 1.2.3`."""
        if self.json:
            self.say_json(_said(PROGRAM, {"kind": "version", "version": version}))
        else:
            self.console.line(f"{PROGRAM} {version}")

    def _warn(self, warnings: Sequence[str]) -> None:
        from gitledger.cli.console import Styled

        for warning in warnings:
            self.console.talk(Styled("warning: ", "yellow"), warning)


def _said(command: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "command": command, "result": result, "events": [], "warnings": []}


def _output_path(op: Any) -> str | None:
    """The value of the field that names a file to write, if there is one and it was given."""
    from gitledger.cli.build import fields_of

    return next((getattr(op, field.name) for field in fields_of(type(op)) if field.extra.get("output")), None)
