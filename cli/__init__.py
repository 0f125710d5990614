"""The terminal: one file a command; the only place that knows Typer and Rich."""
