"""The face that git calls: `python -m gitledger.githooks HOOK ARGS…`, one module for each hook."""
