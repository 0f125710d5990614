"""The command `tlx`: its commands, and the one place that turns errors into a line."""

import os
import sys

import typer

from ..errors import TlxError
from . import classify, demo, evaluate, export, inspect, train, version

app = typer.Typer(
    name="tlx",
    help="From a folder of pictures to a verified classifier file.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train_command)
app.command("export")(export.export_command)
app.command("eval")(evaluate.eval_command)
app.command("classify")(classify.classify_command)
app.command("inspect")(inspect.inspect_command)
app.command("demo")(demo.demo_command)

TRACEBACK_VARIABLE = "TLX_TRACEBACK"


@app.callback()
def _options(
    _version: bool = typer.Option(
        False,
        "--version",
        is_eager=True,
        callback=version.print_versions,
        help="Show versions and execution providers.",
    ),
) -> None:
    """From a folder of pictures to a verified classifier file."""


def main() -> None:
    """Run a command; an error is one line on stderr and the exit code of its kind."""
    for stream in (sys.stdout, sys.stderr):
        # A file name that is not valid Unicode must not stop a batch from being printed.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        app()
    except TlxError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except BrokenPipeError:
        # The reader (head, less) has gone; keep Python from complaining when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        _fail(
            f"unexpected {type(error).__name__}: {error} (this is a bug of tlx; "
            f"{TRACEBACK_VARIABLE}=1 shows where)",
            70,
        )


def _fail(text: str, code: int) -> None:
    line = " ".join(text.split())
    sys.stderr.write(f"tlx: {line}\n")
    sys.exit(code)
