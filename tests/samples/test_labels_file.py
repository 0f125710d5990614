"""`labels.txt`: what is read, and what is refused with the line that is wrong."""

import unicodedata

import pytest

from tlx.errors import DataError
from tlx.samples.labels_file import read_labels_file


@pytest.mark.parametrize(
    "content",
    [
        b"hat\nT-Shirt, wei\xc3\x9f\n2 | 3\n",
        b"hat\nT-Shirt, wei\xc3\x9f\n2 | 3",
        b"\xef\xbb\xbfhat\r\nT-Shirt, wei\xc3\x9f\r\n2 | 3\r\n",
        b"  hat\nT-Shirt, wei\xc3\x9f\t\n2 | 3\n",
        "hat\nT-Shirt, weiß\n2 | 3\n".encode(),
    ],
)
def test_labels_stand_one_a_line_in_order_however_the_file_was_saved(tmp_path, content):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    assert read_labels_file(path) == ("hat", "T-Shirt, weiß", "2 | 3")


def test_a_decomposed_name_is_the_same_label_as_in_a_folder(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text(unicodedata.normalize("NFD", "weiß grün\nb"), encoding="utf-8")
    assert read_labels_file(path) == (unicodedata.normalize("NFC", "weiß grün"), "b")


def test_what_may_stand_in_a_label_ends_no_line(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("one\u2028two\nthree\x0bfour\n", encoding="utf-8")
    assert read_labels_file(path) == ("one\u2028two", "three\x0bfour")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a\n\nb\n", "line 2 is empty"),
        (b"a\nb\n\n", "line 3 is empty"),
        (b"\n", "line 1 is empty"),
        (b"a\n \t\nb\n", "line 2 is empty"),
        (b"a\nb\n a\n", "lines 1 and 3 are both 'a'"),
        (b"caf\xe9\nb\n", "is not UTF-8"),
        ("a\nb\n".encode("utf-16"), "is not UTF-8"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path, content, said):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_labels_file(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_labels_file(tmp_path / "nowhere.txt")
    with pytest.raises(DataError, match="Is a directory"):
        read_labels_file(tmp_path)
