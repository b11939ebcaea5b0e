"""The server: requests of one client come in over standard input, and each is answered by an operation in a worker thread."""

from collections.abc import Mapping
from typing import Any

import json

import anyio.from_thread
import mcp_types as types
from mcp.server.lowlevel import Server
from msgspec import structs

from gitledger import __version__
from gitledger.errors import LedgerError
from gitledger.mcp import prompts, resources, tools
from gitledger.mcp.calls import Surroundings, bug, carry_out, failure, open_there, success
from gitledger.mcp.serving import Context, Progress, Turns, client_of, protocol, serve
from gitledger.ops._base import Operation, command_id
from gitledger.ops._facts import PROGRAM


def main(*, root: str, ledger: str | None, environ: Mapping[str, str]) -> int:
    """Serve until the client closes our standard input. Returns the exit code."""
    face = Face(Surroundings(root, ledger, environ))
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
    return serve(server)


class Face(Turns):
    """What the server answers."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self._around = around

    # ------------------------------------------------------------------ tools

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools.tools())

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        envelope = await self.in_turn(lambda: self._answer(context, params))
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
            return self._carry_out(context, call.operation(), call.request, at=call.at)
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

        return types.ListResourcesResult(resources=await self.in_turn(find))

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

        return types.ReadResourceResult(contents=[await self.in_turn(lambda: protocol(read))])

    # ------------------------------------------------------------------ prompts

    async def list_prompts(self, context: Context, params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=prompts.prompts())

    async def get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return protocol(lambda: prompts.prompt(params.name, params.arguments or {}))

    # ------------------------------------------------------------------ carrying out

    def _carry_out(
        self, context: Context, op: Operation, request: str | None, ledger: str | None = None, at: str | None = None
    ) -> dict[str, Any]:
        around = self._around.of_client(client_of(context))
        around = structs.replace(around, ledger=ledger or around.ledger, at=at)
        anyio.from_thread.check_cancelled()
        progress = Progress(context, may_stop=op.reads_only())
        return carry_out(around, op, request, progress, anyio.from_thread.check_cancelled)
