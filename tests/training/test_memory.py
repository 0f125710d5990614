"""How much memory and disk a cache may take, from made-up files of the system."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tlx.training import memory

GB = 1 << 30
MEMINFO = """MemTotal:       32000000 kB
MemFree:         1000000 kB
MemAvailable:    8000000 kB
Buffers:               0 kB
"""


@pytest.fixture
def system(monkeypatch, tmp_path):
    """Give a function that writes what the system says of itself; without a file it says nothing.

    Its arguments are the texts of /proc/meminfo and of (limit, use) of either kind of cgroup.
    """

    def say(meminfo: str | None, new: tuple[str, str] = (), old: tuple[str, str] = ()) -> None:
        names = ("meminfo", "new-limit", "new-use", "old-limit", "old-use")
        meminfo_file, *groups = (tmp_path / name for name in names)
        if meminfo is not None:
            meminfo_file.write_text(meminfo)
        for path, text in zip(groups, (*(new or (None, None)), *(old or (None, None)))):  # noqa: B905
            if text is not None:
                path.write_text(text)
        real = Path

        def open_made_up(path: str) -> Path:
            return meminfo_file if path == "/proc/meminfo" else real(path)

        monkeypatch.setattr(memory, "Path", open_made_up)
        monkeypatch.setattr(
            memory,
            "_CGROUPS",
            ((str(groups[0]), str(groups[1])), (str(groups[2]), str(groups[3]))),
        )

    return say


def test_a_cache_takes_a_quarter_of_what_linux_says_is_available(system):
    system(MEMINFO)
    assert memory.memory_limit() == 8_000_000 * 1024 // 4


def test_a_container_with_less_left_decides(system):
    system(MEMINFO, new=(f"{4 * GB}\n", f"{3 * GB}\n"))
    assert memory.memory_limit() == GB // 4


def test_a_container_with_more_left_changes_nothing(system):
    system(MEMINFO, new=(f"{400 * GB}\n", f"{GB}\n"))
    assert memory.memory_limit() == 8_000_000 * 1024 // 4


def test_a_container_without_a_limit_changes_nothing(system):
    system(MEMINFO, new=("max\n", f"{3 * GB}\n"))
    assert memory.memory_limit() == 8_000_000 * 1024 // 4


def test_the_older_kind_of_container_is_asked_where_there_is_no_newer(system):
    system(MEMINFO, old=(f"{2 * GB}\n", f"{GB}\n"))
    assert memory.memory_limit() == GB // 4


def test_a_container_that_is_full_leaves_nothing(system):
    system(MEMINFO, new=(f"{GB}\n", f"{2 * GB}\n"))
    assert memory.memory_limit() == 0


@pytest.mark.parametrize("meminfo", [None, "MemTotal: 32000000 kB\n"])
def test_where_linux_tells_nothing_half_of_the_memory_counts_as_available(
    system, monkeypatch, meminfo
):
    system(meminfo)
    sizes = {"SC_PHYS_PAGES": 1 << 20, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(memory.os, "sysconf", sizes.__getitem__)
    assert memory.memory_limit() == 4 * GB // 2 // 4


def test_where_nothing_tells_a_fixed_amount_counts_as_available(system, monkeypatch):
    system(None)
    monkeypatch.delattr(memory.os, "sysconf_names")
    assert memory.memory_limit() == memory.UNKNOWN // 4


def test_a_cache_takes_a_quarter_of_the_free_disk_even_below_a_folder_to_be_made(
    monkeypatch, tmp_path
):
    asked: list[Path] = []

    def usage(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(total=0, used=0, free=1000)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert memory.disk_limit(tmp_path / "not" / "there") == 250
    assert asked == [tmp_path]


def test_the_limits_here_are_sensible(tmp_path):
    assert 0 <= memory.memory_limit() < 1 << 45
    assert 0 < memory.disk_limit(tmp_path) < shutil.disk_usage(tmp_path).total
