"""`--shard I/N`."""

import pytest

from tlx.errors import UsageError
from tlx.inference.listed_paths import Shard, read_shard


def test_a_share_is_read():
    assert read_shard("2/8") == Shard(2, 8)
    assert read_shard("8/8").name == "shard-8-of-8"


@pytest.mark.parametrize(
    "text", ["0/8", "9/8", "2", "2/", "/8", "a/b", "-1/8", "1/8 ", "1/1000000000"]
)
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match="give I/N"):
        read_shard(text)
