"""Lists of pictures in Parquet files."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tlx.errors import DataError
from tlx.inference.path_table import listed_in_parquet


def write(target, **columns):
    pq.write_table(pa.table(columns), target)
    return target


@pytest.mark.parametrize("column", ["path", "file", "url"])
def test_rows_come_in_their_order_and_empty_ones_are_left_out(tmp_path, column):
    values = {"number": [1, 2, 3, 4], column: ["b.jpg", None, "", "s3://a.jpg"]}
    assert list(listed_in_parquet(write(tmp_path / "a.parquet", **values))) == [
        "b.jpg",
        "s3://a.jpg",
    ]


def test_a_folder_of_files_is_one_list_by_their_names(tmp_path):
    folder = tmp_path / "list.parquet"
    folder.mkdir()
    write(folder / "2.parquet", path=["c"])
    write(folder / "1.parquet", path=["a", "b"])
    (folder / "_shard-1-of-1.json").write_text("{}")
    assert list(listed_in_parquet(folder)) == ["a", "b", "c"]


def test_what_is_no_list_is_one_line(tmp_path):
    (tmp_path / "text.parquet").write_text("a.jpg\n")
    wrong = {
        "has no column path, file, url": write(tmp_path / "a.parquet", name=["a"]),
        "column path holds int, not text": write(tmp_path / "b.parquet", path=[1]),
        "cannot be read as Parquet": tmp_path / "text.parquet",
    }
    for said, path in wrong.items():
        with pytest.raises(DataError, match=said):
            list(listed_in_parquet(path))
