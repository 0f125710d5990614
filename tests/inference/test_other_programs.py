"""How busy other programs keep the processor."""

import subprocess
import sys
import time

import pytest

from tlx.inference.other_programs import CoreTimes, read_core_times

SPIN = "import time; print(flush=True)\nwhile True: time.monotonic()"


def test_what_others_used_is_what_all_used_less_ones_own():
    before = CoreTimes(now=10.0, all=100.0, own=3.0)
    assert before.others(CoreTimes(now=14.0, all=107.0, own=4.0)) == 1.5
    assert before.others(CoreTimes(now=14.0, all=100.5, own=4.0)) == 0  # ticks are coarse


@pytest.mark.skipif(read_core_times() is None, reason="this system does not tell")
def test_a_program_that_spins_is_seen_and_ones_own_work_is_not():
    with subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            other.stdout.readline()  # it is at work
            before = read_core_times()
            time.sleep(0.5)
            after = read_core_times()
        finally:
            other.kill()
    assert before is not None
    assert after is not None
    assert before.others(after) > 0.3
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        pass
    later = read_core_times()
    assert later is not None
    assert later.own - after.own > 0.03


def test_a_system_that_does_not_tell_gives_none(tmp_path):
    assert read_core_times(tmp_path / "stat") is None
    (tmp_path / "stat").write_text("cpu0 1 2\n")
    assert read_core_times(tmp_path / "stat") is None
