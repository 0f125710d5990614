"""Draw docs/demo.svg: what `tlx demo` prints in a terminal, shortened where "..." stands.

Run in an empty folder: python PATH/docs/make_demo_svg.py. It runs the demo itself.
"""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).with_name("demo.svg")
WIDTH = 110


def main() -> None:
    """Run the demo and draw the rows it leaves, in a window of WIDTH columns."""
    command = [sys.executable, "-m", "tlx", "demo"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(Text("$ tlx demo", style="bold"))
    for line in _shortened(done.stdout.splitlines()):
        style = "cyan" if line.startswith(("==", "$")) else ""
        console.print(Text(line, style=style), no_wrap=True, overflow="ellipsis")
    console.save_svg(str(TARGET), title="tlx")


def _shortened(lines: list[str]) -> list[str]:
    """Keep the beginning of each step and all of the end."""
    kept: list[str] = []
    since = 0
    last = max(index for index, line in enumerate(lines) if line.startswith("=="))
    for index, line in enumerate(lines):
        since = 0 if line.startswith("==") else since + 1
        if since <= 14 or index >= last:
            kept.append(line)
        elif since == 15:
            kept.append("...")
    return kept


if __name__ == "__main__":
    main()
