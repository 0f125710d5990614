"""Pictures that are named by a URL."""

import fsspec
import pytest

from tlx.errors import MissingExtraError
from tlx.inference.classifier import Classifier
from tlx.inference.pixel_limit import VARIABLE
from tlx.inference.remote import is_url, picture_at


@pytest.fixture(scope="module")
def classifier(write_model, tmp_path_factory):
    return Classifier(write_model(tmp_path_factory.mktemp("model") / "model.onnx"), many=True)


@pytest.fixture
def local(write_pictures, tmp_path):
    return write_pictures(tmp_path, 1) / "red" / "000.jpg"


@pytest.fixture
def url(local):
    with fsspec.open("memory://pictures/a.jpg", "wb") as file:
        file.write(local.read_bytes())
    yield "memory://pictures/a.jpg"
    fsspec.filesystem("memory").rm("/pictures", recursive=True)


def errors_of(classifier, *paths) -> list[str | None]:
    return [outcome.error for outcome in classifier.classify_files(paths, picture_at)]


def test_what_a_url_names_is_answered_as_the_same_file_is(classifier, url, local):
    remote, near = classifier.classify_files([url, str(local)], picture_at)
    assert (remote.path, remote.error) == (url, None)
    assert remote.prediction.label == "red"
    assert (remote.prediction.logits == near.prediction.logits).all()


def test_what_cannot_be_fetched_is_a_row(classifier, url):
    absent, strange, fetched = errors_of(
        classifier, "memory://pictures/b.jpg", "strange://a.jpg", url
    )
    assert absent == "no such file"
    assert strange.startswith("cannot be fetched (")
    assert fetched is None


def test_more_bytes_than_a_picture_within_the_limit_has_are_not_taken(classifier, url, monkeypatch):
    monkeypatch.setenv(VARIABLE, "100")
    (error,) = errors_of(classifier, url)
    assert error.startswith("a file of 401 bytes may have more than 100 pixels")


def test_a_kind_whose_package_is_absent_ends_the_run(classifier):
    fsspec.register_implementation("absent", "no_such_package.FileSystem", clobber=True)
    with pytest.raises(MissingExtraError, match=r"absent://a\.jpg cannot be opened"):
        errors_of(classifier, "absent://a.jpg")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/a.jpg", True),
        ("https://host/a.jpg", True),
        ("a.jpg", False),
        ("/a://b.jpg", False),
        ("C://a.jpg", False),
        ("", False),
    ],
)
def test_only_a_scheme_makes_a_url(path, expected):
    assert is_url(path) is expected
