"""The server: requests of one client come in over standard input, and each is answered by an operation in a worker thread."""

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import json
import sys
import time

import anyio
import anyio.from_thread
import anyio.to_thread
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from gitledger import __version__
from gitledger.errors import InvalidInput, LedgerError, NotFound
from gitledger.mcp import prompts, resources, tools
from gitledger.mcp.calls import Surroundings, bug, carry_out, failure, open_there, success
from gitledger.ops._base import PROGRAM, Operation, command_id

INTERRUPTED = 130
# A client is told of progress at most this often.
_PAUSE_S = 0.1

Answer = TypeVar("Answer")
Context = Any  # mcp.server.context.ServerRequestContext, generic in what we do not use


def main(*, root: str, ledger: str | None, environ: Mapping[str, str]) -> int:
    """Serve until the client closes our standard input. Returns the exit code."""
    if sys.stdin is not None and sys.stdin.isatty():
        print("This speaks the Model Context Protocol, and is started by its clients. Ctrl-D ends it.", file=sys.stderr)
    code = 0
    try:
        anyio.run(_serve, Face(Surroundings(root, ledger, environ)))
    except* KeyboardInterrupt:
        code = INTERRUPTED
    except* BrokenPipeError:
        pass  # the client has gone, and so may we
    return code


async def _serve(face: "Face") -> None:
    server: Server[Any] = Server(
        PROGRAM,
        version=__version__,
        instructions=prompts.INSTRUCTIONS,
        on_list_tools=face.list_tools,
        on_call_tool=face.call_tool,
        on_list_resources=face.list_resources,
        on_list_resource_templates=face.list_templates,
        on_read_resource=face.read_resource,
        on_list_prompts=face.list_prompts,
        on_get_prompt=face.get_prompt,
    )
    # Within, standard output is the client's alone: what else is printed goes to standard error.
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


class Face:
    """What the server answers. One operation at a time: pings are answered meanwhile, and what waits can be cancelled."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._turn = anyio.CapacityLimiter(1)

    # ------------------------------------------------------------------ tools

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools.tools())

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        envelope = await self._in_turn(lambda: self._answer(context, params))
        text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], structured_content=envelope, is_error=not envelope["ok"]
        )

    def _answer(self, context: Context, params: types.CallToolRequestParams) -> dict[str, Any]:
        """The boundary: whatever goes wrong is an envelope that says so."""
        command = params.name
        try:
            call = tools.parse(params.name, params.arguments or {})
            if isinstance(call, tools.Described):
                return success(command, call.view)
            command = command_id(call.op)
            return self._carry_out(context, call.operation(), call.request)
        except LedgerError as error:
            return failure(command, error)
        except Exception as error:
            return bug(command, error)

    # ------------------------------------------------------------------ resources

    async def list_resources(self, context: Context, params: Any) -> types.ListResourcesResult:
        def find() -> list[types.Resource]:
            try:
                return resources.resources(open_there(self._around).name)
            except LedgerError:
                return []  # no ledger can be here; who calls a tool is told why

        return types.ListResourcesResult(resources=await self._in_turn(find))

    async def list_templates(self, context: Context, params: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=resources.templates())

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        def read() -> types.TextResourceContents:
            ledger, kind, op = resources.parse(params.uri)
            result = self._carry_out(context, op, None, ledger)["result"]
            text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, indent=2)
            return types.TextResourceContents(uri=params.uri, mime_type=kind.mime_type, text=text)

        return types.ReadResourceResult(contents=[await self._in_turn(lambda: _protocol(read))])

    # ------------------------------------------------------------------ prompts

    async def list_prompts(self, context: Context, params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=prompts.prompts())

    async def get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return _protocol(lambda: prompts.prompt(params.name, params.arguments or {}))

    # ------------------------------------------------------------------ carrying out

    async def _in_turn(self, work: Callable[[], Answer]) -> Answer:
        """Work in a thread, when it is its turn. Who cancels before that gets nothing done; what has begun is not left halfway."""
        return await anyio.to_thread.run_sync(work, limiter=self._turn)

    def _carry_out(
        self, context: Context, op: Operation, request: str | None, ledger: str | None = None
    ) -> dict[str, Any]:
        around = self._around.of_client(_client_of(context))
        if ledger is not None:
            around = Surroundings(around.root, ledger, around.environ)
        anyio.from_thread.check_cancelled()
        progress = _Progress(context, may_stop=op.reads_only())
        return carry_out(around, op, request, progress, anyio.from_thread.check_cancelled)


class _Progress:
    """Tells the client how far long work has come. Work that only looks stops when it is cancelled, an entry is finished."""

    def __init__(self, context: Context, *, may_stop: bool) -> None:
        self._context = context
        self._may_stop = may_stop
        self._told = float("-inf")
        self._last = 0
        self._before = 0
        self._is_heard = True

    def __call__(self, done: int, total: int) -> None:
        if self._may_stop:
            anyio.from_thread.check_cancelled()
        # What is told only ever rises, also where one piece of work follows another.
        if self._before + done < self._last:
            self._before = self._last
        now = time.monotonic()
        is_due = done == total or now - self._told >= _PAUSE_S
        if self._is_heard and is_due and self._before + done > self._last:
            self._told, self._last = now, self._before + done
            self._tell(self._last, self._before + total)

    def _tell(self, done: int, total: int) -> None:
        try:
            anyio.from_thread.run(self._context.session.report_progress, done, total, "reading the ledger")
        except CancelledError:  # while it was being told; only a check in this thread may stop the work
            self._is_heard = False


def _client_of(context: Context) -> str | None:
    """What the client calls itself."""
    params = context.session.client_params
    return params.client_info.name if params is not None else None


def _protocol(work: Callable[[], Answer]) -> Answer:
    """What `work` returns; a refusal of it as an error of the protocol, with all that helps in its data."""
    try:
        return work()
    except LedgerError as error:
        code = types.INVALID_PARAMS if isinstance(error, (InvalidInput, NotFound)) else types.INTERNAL_ERROR
        raise MCPError(code, error.message, data=error.to_dict()) from error
