"""The face of pages: a dashboard in the browser of whoever started it, which only looks."""
