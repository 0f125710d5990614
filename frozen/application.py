"""Where the one-folder application starts: the window, or the worker that computes for it."""

import sys

from tlx.cli.start import open_window
from tlx.errors import TlxError

if sys.argv[1:] == ["worker"]:
    from tlx.cli.worker import worker_command

    worker_command()
places = sys.argv[2:] if sys.argv[1:2] == ["gui"] else sys.argv[1:]
try:
    sys.exit(open_window(places))
except TlxError as error:
    sys.exit(f"tlx: {error}")
