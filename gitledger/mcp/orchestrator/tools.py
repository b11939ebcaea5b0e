"""The 21 tools by name, in the reference's order."""

from gitledger.mcp.orchestrator.archive import ManageArchive
from gitledger.mcp.orchestrator.checkpoints import ManageCheckpoints
from gitledger.mcp.orchestrator.dependencies import ManageDependencies, QueryDependencies
from gitledger.mcp.orchestrator.exchange import ExportGraph, ImportGraph
from gitledger.mcp.orchestrator.forms import Tool
from gitledger.mcp.orchestrator.items import ManageItems
from gitledger.mcp.orchestrator.listing import QueryItems
from gitledger.mcp.orchestrator.metrics import GetMetrics
from gitledger.mcp.orchestrator.notes import ManageNotes, QueryNotes
from gitledger.mcp.orchestrator.overview import GetBlockedItems, GetContext, GetNextItem
from gitledger.mcp.orchestrator.schemas import ManageSchemas
from gitledger.mcp.orchestrator.trees import CompleteTree, CreateWorkTree
from gitledger.mcp.orchestrator.workflow import AdvanceItem, GetNextStatus
from gitledger.mcp.orchestrator.workspaces import GetWorkspaceContext, ManageWorkspaces

TOOLS: dict[str, type[Tool]] = {
    tool.tool: tool
    for tool in (
        ManageItems,
        QueryItems,
        AdvanceItem,
        GetNextStatus,
        GetNextItem,
        GetContext,
        GetBlockedItems,
        ManageNotes,
        QueryNotes,
        ManageDependencies,
        QueryDependencies,
        CreateWorkTree,
        CompleteTree,
        ManageSchemas,
        GetMetrics,
        ManageArchive,
        ExportGraph,
        ImportGraph,
        ManageCheckpoints,
        GetWorkspaceContext,
        ManageWorkspaces,
    )
}
