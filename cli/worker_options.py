"""`tlx worker` as the command line declares it; the worker itself does without Typer."""

from .shared_options import max_pixels_option


def worker_with_options(_max_pixels: int = max_pixels_option()) -> None:
    """Serve another program: JSON requests on stdin, answers on stdout, a line each."""
    from .worker import worker_command

    worker_command()
