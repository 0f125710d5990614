"""Every parser on damaged input: it answers, or says what is wrong as it is documented to.

docs/reliability.md has the figures of the long runs, which are made with `python -m fuzzing`.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import pytest
from fuzzing.json_mutation import mutate_json
from fuzzing.seeds import MOST, seeds_of
from fuzzing.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
SECONDS = 10
"""The longest that a parser may take for one input."""
FEW = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=SECONDS * 1000,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """An example of what a target reads, with a value or a few bytes replaced."""
    content = draw(st.sampled_from(seeds_of(name)))
    as_json = mutate_json(content, MOST, draw(st.integers(0, 2**32)))
    if as_json is not None and draw(st.booleans()):
        return as_json
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(changed)))
        changed[start : start + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    return bytes(changed)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.filterwarnings("ignore")  # Pillow's, of damaged pictures
def test_a_parser_answers_or_says_what_is_wrong(name, monkeypatch):
    monkeypatch.setenv("TLX_MAX_PIXELS", "1000000")

    @FEW
    @given(damaged(name))
    def hold(content: bytes) -> None:
        TARGETS[name](content)

    hold()


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.filterwarnings("ignore")
def test_a_parser_answers_to_every_seed(name, monkeypatch):
    monkeypatch.setenv("TLX_MAX_PIXELS", "1000000")
    for content in seeds_of(name):
        start = perf_counter()
        TARGETS[name](content)
        assert perf_counter() - start < SECONDS


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("name", TARGETS)
def test_atheris_finds_nothing_in_seconds(name, tmp_path):
    command = [sys.executable, "-W", "ignore", "-m", "fuzzing", name, tmp_path / "corpus"]
    options = ("-max_total_time=2", "-seed=1", f"-artifact_prefix={tmp_path}/")
    paths = os.pathsep.join(map(str, (HERE, HERE.parent / "hostile")))
    # The most memory that a process has held stays with what it starts, and libFuzzer would count
    # that of these tests; the child of a shell begins anew.
    afresh = ("sh", "-c", '"$@"; exit $?', "sh")
    done = subprocess.run(
        [*afresh, *command, *options],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(list((tmp_path / "corpus").iterdir())) > len(seeds_of(name)) / 2
