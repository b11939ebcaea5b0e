"""The server of the compatible profile: each call is one answer, a JSON document in a string."""

from collections.abc import Mapping
from typing import Any

import json

import anyio.from_thread
import mcp_types as types
from mcp.server.lowlevel import Server

from gitledger import __version__
from gitledger.errors import LedgerError
from gitledger.mcp.calls import Surroundings, report_bug
from gitledger.mcp.orchestrator import prompts
from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Misused, told
from gitledger.mcp.orchestrator.forms import listed, parse
from gitledger.mcp.orchestrator.place import settle
from gitledger.mcp.orchestrator.tools import TOOLS
from gitledger.mcp.serving import Context, Progress, Turns, client_of, protocol, serve

NAME = "task-orchestrator"


def main(*, root: str, ledger: str | None, environ: Mapping[str, str]) -> int:
    """Serve until the client closes our standard input. Returns the exit code."""
    return serve(_server(Face(Surroundings(root, ledger, environ))))


def _server(face: "Face") -> Server[Any]:
    return Server(
        NAME,
        version=__version__,
        instructions=prompts.INSTRUCTIONS,
        on_list_tools=face.list_tools,
        on_call_tool=face.call_tool,
        on_list_resources=face.list_resources,
        on_list_resource_templates=face.list_templates,
        on_list_prompts=face.list_prompts,
        on_get_prompt=face.get_prompt,
    )


class Face(Turns):
    """What the server answers, one call at a time."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self._started = around
        self._settled: Surroundings | None = None

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[listed(tool) for tool in TOOLS.values()])

    async def list_resources(self, context: Context, params: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[])

    async def list_templates(self, context: Context, params: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[])

    async def list_prompts(self, context: Context, params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=prompts.listed())

    async def get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return protocol(lambda: prompts.prompt(params.name, params.arguments or {}))

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        text, is_error = await self.in_turn(lambda: self._answer(context, params.name, params.arguments or {}))
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)],
            structured_content=None if is_error else {"result": text},
            is_error=is_error,
        )

    # ------------------------------------------------------------------ carrying out

    def _answer(self, context: Context, name: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        """The boundary: whatever goes wrong is an answer that says so, and whether the call has failed."""
        tool = TOOLS.get(name)
        if tool is None:
            return f"Unknown tool: {name[:80]}", True
        try:
            return json.dumps(self._call(context, name, arguments)), False
        except LedgerError as error:
            if tool.fails or isinstance(error, Misused):
                return f"Error executing tool {name}: {error.message}", True
            return json.dumps(told(error)), False
        except Exception as error:
            return f"Error executing tool {name}: {report_bug(error).message}", True

    def _call(self, context: Context, name: str, arguments: Mapping[str, Any]) -> Any:
        call = parse(TOOLS[name], arguments)
        anyio.from_thread.check_cancelled()
        if self._settled is None:
            self._settled = settle(self._started)
        around = self._settled.of_client(client_of(context))
        given = frozenset(name for name, value in arguments.items() if value is not None)
        desk = Desk(around, self._started.root, given, Progress(context, may_stop=False), anyio.from_thread.check_cancelled)
        return call.answer(desk)
