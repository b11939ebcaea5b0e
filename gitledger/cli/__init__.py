"""The command line: parse, run operations, render. It holds no rule."""
