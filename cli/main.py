"""The command `tlx`: its commands, and the one place that turns errors into a line."""

import logging
import os
import signal
import sys
import warnings
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from ..errors import TlxError
from ..training.torchrun import said_by_first, this_process
from . import (
    adopt,
    bench,
    check,
    classify,
    compare,
    demo,
    evaluate,
    export,
    gui,
    inspect,
    train,
    verify,
    version,
    weights,
    worker_options,
)
from .interruption import Terminated, terminating
from .plain_text import accept_any_file_name, one_line
from .system_errors import system_advice


class _Commands(TyperGroup):
    """Typer's group, which would end on a signal without a word and on a closed pipe with 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - of Click or of Typer, by version
        """Run the command that was asked for."""
        try:
            with terminating():
                return super().invoke(ctx)
        except Terminated:
            if hasattr(signal, "SIGCHLD"):  # torch's handler would raise what became of its own
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _fail("terminated", 143)
        except KeyboardInterrupt:
            _fail("interrupted", 130)
        except BrokenPipeError:
            _let_go_of_output()  # the reader (head, less) has gone
            sys.exit(141)


app = typer.Typer(
    name="tlx",
    cls=_Commands,
    help="From a folder of pictures to a verified classifier file.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check.check_command)
app.command("train")(train.train_command)
app.command("adopt")(adopt.adopt_command)
app.command("export")(export.export_command)
app.command("verify")(verify.verify_command)
app.command("eval")(evaluate.eval_command)
app.command("classify")(classify.classify_command)
app.command("inspect")(inspect.inspect_command)
app.command("bench")(bench.bench_command)
app.command("compare")(compare.compare_command)
app.command("demo")(demo.demo_command)
app.command("gui")(gui.gui_command)
app.command("worker")(worker_options.worker_with_options)
app.add_typer(weights.app, name="weights")

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
    accept_any_file_name()
    if not sys.warnoptions:  # Pillow warns of odd pictures; what matters is a row or an error
        warnings.simplefilter("ignore")
    os.environ["MPLBACKEND"] = "agg"  # nothing is shown; a notebook's own may not be installed here
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it remarks on a HOME it cannot use
    try:
        code = app(prog_name="tlx", standalone_mode=False)
    except TlxError as error:
        if said_by_first(error):
            sys.exit(error.exit_code)
        _fail(str(error), error.exit_code)
    except Exception as error:
        if _is_usage_error(error):
            _fail_usage(error)
        if os.environ.get(TRACEBACK_VARIABLE):
            sys.excepthook = sys.__excepthook__  # an interruption may have silenced it
            raise
        if isinstance(error, OSError | MemoryError):
            _let_go_of_output()
            _fail(system_advice(error), 2)
        _fail(
            f"unexpected {type(error).__name__}: {error} (this is a bug of tlx; "
            f"{TRACEBACK_VARIABLE}=1 shows where)",
            70,
        )
    sys.exit(code)


def _let_go_of_output() -> None:
    """Keep Python from complaining at its own end of what it cannot write any more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_usage_error(error: Exception) -> bool:
    # Typer has no public name for it: older versions raise Click's, newer ones a copy.
    return isinstance(error, typer.BadParameter.__mro__[1])


def _fail_usage(error: Exception) -> NoReturn:
    context: typer.Context | None = getattr(error, "ctx", None)
    text = str(getattr(error, "format_message")())  # noqa: B009 - no type here declares it
    if (
        not text or not this_process().first
    ):  # nothing was typed and Typer has shown the help, or another says it
        sys.exit(2)
    command = context.command_path if context else _command_typed()
    text = text.rstrip(".")
    _fail(f"{text}{'' if text.endswith('?') else ';'} {command} --help shows what it takes", 2)


def _command_typed() -> str:
    """Name the command that was typed; the parser's own errors do not know it."""
    words = ["tlx"]
    known: Any = typer.main.get_command(app)
    for word in sys.argv[1:]:
        known = getattr(known, "commands", {}).get(word)
        if known is None:
            break
        words.append(word)
    return " ".join(words)


def _fail(text: str, code: int) -> NoReturn:
    line = " ".join(part.strip() for part in text.splitlines())
    sys.stderr.write(f"tlx: {one_line(line)}\n")
    sys.exit(code)
