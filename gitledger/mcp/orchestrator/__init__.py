"""The compatible profile: the tools of task-orchestrator-py 1.0.0, in its shapes, over the same operations."""
