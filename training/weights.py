"""What a network starts from: ImageNet weights, a state dict, an earlier run, or nothing."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor
from torchvision.models import ResNet

from ..errors import WeightsError
from ..inference.card import ModelCard
from ..inference.events import finish
from ..inference.preprocessing import Preprocessing
from .published_weights import CHOICES, choose_published
from .weights_cache import cache_folder, check_cached, hash_file, published_prefix
from .weights_download import DownloadProgress, download
from .weights_file import HEAD, read_weights_file, require_fit, without_head

RULE_OF_V1 = Preprocessing(resize_side=256, crop=224)


@dataclass(frozen=True, eq=False)
class Weights:
    """A state dict with what the card says of it.

    Attributes:
        name: "imagenet-v1", "imagenet-v2", "none", a file's name, or which run it is of.
        sha256: of the file; None for "none".
        state: tensors by torchvision's names; None for "none".
        labels: of the head's rows, where they are known: those of an earlier run.
        rule: the preprocessing that they were trained with.
        run: the folder of that earlier run.
    """

    name: str
    sha256: str | None
    state: Mapping[str, Tensor] | None
    labels: tuple[str, ...] = ()
    rule: Preprocessing = RULE_OF_V1
    run: Path | None = None

    def preprocessing(self, imgsz: int) -> Preprocessing:
        """Give their preprocessing for an input of `imgsz` pixels, in the same proportion."""
        side = round(imgsz * _side_at_224(self.rule) / 224)
        return replace(self.rule, resize_side=side, crop=imgsz)

    def notes(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Say how many labels start with what an earlier run knows of them."""
        if not self.labels:
            return ()
        known = sum(label in self.labels for label in labels)
        return (f"{known} of {len(labels)} labels take their row of the head from {self.name}",)


def load_weights(choice: str, architecture: str) -> Generator[DownloadProgress, None, Weights]:
    """Get the weights a network starts from.

    Args:
        choice: "imagenet", "imagenet-v1", "imagenet-v2", "none", the path of a state dict, a
            checkpoint or a run folder, or the name of a file in the cache.
        architecture: torchvision's name of the network.

    Yields:
        `DownloadProgress` while a file is fetched.

    Returns:
        The weights, with what the card says of them.

    Raises:
        WeightsError: they cannot be had or fail their check; the text names the ways out.
        CheckpointError: it is a checkpoint that this tlx cannot use.
    """
    if choice == "none":
        return Weights("none", None, None)
    if choice not in CHOICES:
        return _from_file(_find_file(choice), architecture)
    published = choose_published(architecture, choice)
    path = cache_folder() / published.file_name
    if not path.exists():
        yield from download(published, path)
    sha256 = check_cached(path, published.sha256_prefix)
    rule = Preprocessing(published.resize, 224)
    return Weights(published.choice, sha256, read_weights_file(path).state, rule=rule)


def fit_network(
    network: ResNet, weights: Weights, architecture: str, labels: Sequence[str]
) -> None:
    """Copy the weights into a network: all but the head, and the head's rows of known labels.

    Args:
        network: with one output a label; rows of labels that the weights do not know stay.
        weights: what to start from.
        architecture: the network's.
        labels: in the order of the network's outputs.

    Raises:
        WeightsError: a tensor is missing, unknown, or of another shape; the network is unchanged.
    """
    if weights.state is None:
        return
    require_fit(weights.name, weights.state, architecture)
    head = _head(network.state_dict(), weights, labels)
    network.load_state_dict({**without_head(weights.state), **head}, strict=False)


def _head(own: Mapping[str, Tensor], weights: Weights, labels: Sequence[str]) -> dict[str, Tensor]:
    """Take known labels' rows by name, never by position."""
    known = [label for label in labels if label in weights.labels]
    to = [labels.index(label) for label in known]
    source = [weights.labels.index(label) for label in known]
    head: dict[str, Tensor] = {}
    if weights.state is not None and known:
        for name in HEAD:
            head[name] = own[name].clone()
            head[name][to] = weights.state[name][source].to(own[name].dtype)
    return head


def _find_file(choice: str) -> Path:
    """Find a file by its path, a run's best.pt by its folder, an added file by its name."""
    path = Path(choice)
    if path.is_dir():
        if (path / "best.pt").is_file():
            return path / "best.pt"
        raise WeightsError(f"--weights {choice}: a folder without a best.pt; give a run or a file")
    if path.is_file():
        return path
    cached = cache_folder() / choice
    if path.name == choice and cached.is_file():
        return cached
    raise WeightsError(
        f"--weights {choice}: no such file; give imagenet, imagenet-v2, none, a state dict or a run"
    )


def _from_file(path: Path, architecture: str) -> Weights:
    if path.parent == cache_folder():
        sha256 = check_cached(path, published_prefix(path.name))
    else:
        sha256 = finish(hash_file(path))
    found = read_weights_file(path)
    if found.card is not None:
        _require_model(path, found.card, architecture)
    require_fit(str(path), found.state, architecture)
    if found.card is None:
        return Weights(path.name, sha256, found.state)
    name = f"{path.name} of a run of {found.card.provenance.date}"
    card = found.card
    return Weights(name, sha256, found.state, card.labels, card.preprocessing, path.parent)


def _require_model(path: Path, card: ModelCard, architecture: str) -> None:
    earlier = card.provenance.architecture
    if earlier != architecture:
        raise WeightsError(
            f"{path} is of a run of {earlier}, not {architecture}; give --model {earlier}"
        )


def _side_at_224(rule: Preprocessing) -> float:
    """Scale a rule's side to a crop of 224; 256 and 232 are found again behind their rounding."""
    for side in (256, 232):
        if round(rule.crop * side / 224) == rule.resize_side:
            return side
    return rule.resize_side * 224 / rule.crop
