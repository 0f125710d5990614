"""Files of comparisons are told from those of others by how they begin."""

import pytest

from tlx.cli.pair_files import RECORD, TABLE, is_ours, write_record, write_table

HEADER = ("path", "truth", "first", "second", "right")


def test_what_was_written_here_is_ours_however_long_it_is(tmp_path):
    models = [{"path": "a.onnx"}, {"path": "b.onnx"}]
    write_record(tmp_path / RECORD, {"task": "single-label", "models": models, "n": [0] * 9999})
    write_table(tmp_path / TABLE, [HEADER, *[("a.png", "cat", "cat", "dog", "first")] * 999])
    assert is_ours(tmp_path / RECORD)
    assert is_ours(tmp_path / TABLE)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (RECORD, '{"task": "mine", "disagreements": []}'),
        (RECORD, '{"mine": {"task": "single-label", "models": []}}'),
        (TABLE, "id," + ",".join(HEADER)),
        (TABLE, ""),
    ],
)
def test_another_file_of_that_name_is_not(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert not is_ours(tmp_path / name)
    assert not is_ours(tmp_path / f"no-{name}")
