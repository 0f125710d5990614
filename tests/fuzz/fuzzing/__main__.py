"""Fuzz a target from fuzzing.json_mutation import mutate_json

with atheris: `python -m fuzzing TARGET CORPUS [options of libFuzzer]`.

Run in tests/fuzz, with tests/hostile on PYTHONPATH. CORPUS is a folder: what it holds is gone on
with, and what covers new code is added to it.
"""

import sys
from pathlib import Path

import atheris
from fuzzing.json_mutation import mutate_json

with atheris.instrument_imports(include=["tlx", "PIL", "zipfile"]):
    from fuzzing.seeds import seeds_of
    from fuzzing.targets import TARGETS

JSON = ("card", "protocol", "config", "notes")
"""Targets that read JSON."""
LIMITS = ["-timeout=10", "-rss_limit_mb=1500", "-print_final_stats=1"]
"""A single input may take 10 seconds; the process, with all that it has loaded, 1.5 GB."""


def main() -> None:
    """Fuzz until libFuzzer is told to stop, or finds something."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    corpus.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(seeds_of(name)):
        (corpus / f"seed-{index}").write_bytes(seed)
    arguments = [sys.argv[0], str(corpus), *LIMITS, *sys.argv[3:]]
    options = {"custom_mutator": _mutate} if name in JSON else {}
    atheris.Setup(arguments, TARGETS[name], **options)
    atheris.Fuzz()


def _mutate(content: bytes, most: int, seed: int) -> bytes:
    as_json = None if seed % 4 == 0 else mutate_json(content, most, seed)
    return atheris.Mutate(content, most) if as_json is None else as_json


main()
