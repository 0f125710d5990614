"""Run a command in a process of its own; print its seconds, peak memory, exit code and errors.

Run as a script, not imported: on Linux a process is born with the peak memory of the one that
started it, so the starter must be smaller than what is measured.
"""

import json
import os
import subprocess
import sys
from time import perf_counter


def main(command: list[str]) -> dict[str, float | int | str | None]:
    """Run the command to its end.

    Returns:
        seconds; peak_bytes, the largest resident memory, None where the system does not tell;
        code, the exit code; errors, what it wrote to stderr.
    """
    start = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        errors = child.stderr.read().decode(errors="replace")
        peak = _wait_for_peak(child)
        code = child.wait()
    seconds = perf_counter() - start
    return {"seconds": seconds, "peak_bytes": peak, "code": code, "errors": errors}


def _wait_for_peak(child: "subprocess.Popen[bytes]") -> int | None:
    if not hasattr(os, "wait4"):  # Windows
        return None
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
