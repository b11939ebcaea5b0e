"""The Model Context Protocol: tools, resources and prompts over the operations, for agents that speak it."""
