"""Where `tlx` starts; the worker does so without Typer and Rich, which would double its time."""

import sys


def main() -> None:
    """Run the command that stands on the command line."""
    if sys.argv[1:] == ["worker"]:
        from .worker import worker_command

        worker_command()
    else:
        from .main import main as run

        run()
