"""Between the SDK and its streams: a line that it would drop is answered, and text that it could not write is made writable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import json
import re

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

# Half a character: what a byte that is no text becomes in a name, and what JSON can escape but UTF-8 cannot hold.
_SURROGATE = re.compile("[\ud800-\udfff]")


@asynccontextmanager
async def mended(incoming: Any, outgoing: Any) -> AsyncIterator[tuple[Any, Any]]:
    """The streams of the SDK, as the server may use them."""
    passed, heard = anyio.create_memory_object_stream[SessionMessage](0)
    said, told = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_hear, incoming, passed, outgoing)
        group.start_soon(_tell, told, outgoing)
        yield heard, said


async def _hear(incoming: Any, passed: Any, outgoing: Any) -> None:
    """Pass on what can be read, and answer the rest: the SDK is silent about it, and a client would wait for ever."""
    async with passed:
        async for item in incoming:
            if isinstance(item, Exception):
                await outgoing.send(SessionMessage(_refusal(item)))
            else:
                await passed.send(item)


async def _tell(told: Any, outgoing: Any) -> None:
    """Pass on what is said; what cannot be written would end the server."""
    async with outgoing:
        async for item in told:
            await outgoing.send(_writable(item))


# ---------------------------------------------------------------------------------------------- what comes in


def _refusal(error: Exception) -> types.JSONRPCError:
    """The answer to a line that is no message, with the id of the request that it was meant to be, where that can be told."""
    found = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    broken = next((part["msg"] for part in found if part["type"] == "json_invalid"), None)
    number = next((number for part in found if (number := _id_in(part["input"])) is not None), None)
    data = types.ErrorData(
        code=types.INVALID_REQUEST if broken is None else types.PARSE_ERROR,
        message=broken or "The line is no message of JSON-RPC.",
    )
    return types.JSONRPCError(jsonrpc="2.0", id=number, error=data)


def _id_in(said: Any) -> str | int | None:
    """The id of a message that may be spoiled elsewhere."""
    try:
        message = json.loads(said) if isinstance(said, str) else said
    except (ValueError, RecursionError):
        return None
    number = message.get("id") if isinstance(message, dict) else None
    return number if isinstance(number, str | int) and not _is_spoiled(number) else None


def _is_spoiled(number: str | int) -> bool:
    return isinstance(number, bool) or (isinstance(number, str) and _SURROGATE.search(number) is not None)


# ---------------------------------------------------------------------------------------------- what goes out


def _writable(item: SessionMessage) -> SessionMessage:
    """The message, without halves of characters."""
    message = item.message
    try:
        message.model_dump_json()
    except PydanticSerializationError:
        text = json.dumps(message.model_dump(by_alias=True, exclude_unset=True), ensure_ascii=False)
        message = type(message).model_validate(json.loads(_SURROGATE.sub("\ufffd", text)))
    return SessionMessage(message, item.metadata)
