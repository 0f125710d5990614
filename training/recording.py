"""What a run leaves behind: pictures, curves, metrics and checkpoints."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..evaluation.metrics import wilson_interval
from ..evaluation.plots import Curve, draw_curves, draw_pictures
from ..inference.card import MeasuredResult, ModelCard
from ..samples.sample import LabelledPictures
from .batches import PictureDataset
from .checkpoint import Checkpoint, save_checkpoint
from .config import TrainingConfig
from .loop import Score
from .resnet import PictureNetwork
from .run_folder import EpochDone, write_metrics


def draw_training_pictures(
    path: Path, config: TrainingConfig, card: ModelCard, pictures: LabelledPictures
) -> None:
    """Show 16 training pictures as the network gets them, spread over the labels."""
    count = min(16, len(pictures.train))
    step = len(pictures.train) / count
    samples = [pictures.train[int(index * step)] for index in range(count)]
    shown = PictureDataset(
        samples, card.labels, card.preprocessing, config.augmentation, config.seed
    )
    images = [shown[1, index][0].numpy() for index in range(count)]
    draw_pictures(images, [sample.label for sample in samples], path)


def save_epoch(
    run: Path,
    card: ModelCard,
    model: PictureNetwork,
    history: Sequence[EpochDone],
    progress: dict[str, object],
) -> None:
    """Write everything that an epoch's end leaves: checkpoints, metrics, curves."""
    epoch = history[-1].epoch
    weights = {name: tensor.cpu() for name, tensor in model.network.state_dict().items()}
    # best.pt first: if the power fails in between, the epoch is run again and writes it again.
    if history[-1].best:
        save_checkpoint(run / "best.pt", Checkpoint(card, epoch, weights, {}))
    save_checkpoint(run / "last.pt", Checkpoint(card, epoch, weights, progress))
    write_metrics(run / "metrics.csv", history)
    curves = [
        Curve(
            "loss",
            [row.train_loss for row in history],
            [row.validation_loss for row in history],
        ),
        Curve(
            "accuracy",
            [row.train_accuracy for row in history],
            [row.validation_accuracy for row in history],
        ),
    ]
    draw_curves(curves, best_epoch(history).epoch, run / "curves.png")


def measured(card: ModelCard, score: Score) -> ModelCard:
    """Write validation's result into the card; the same pictures choose the epoch."""
    interval = wilson_interval(round(score.accuracy * score.pictures), score.pictures)
    results = (
        MeasuredResult("accuracy", score.accuracy, interval, "validation", score.pictures, True),
        MeasuredResult("loss", score.loss, None, "validation", score.pictures, True),
    )
    return replace(card, results=results)


def rank(epoch: EpochDone) -> tuple[float, float]:
    """Order epochs: by validation accuracy, then by validation loss."""
    return epoch.validation_accuracy, -epoch.validation_loss


def best_epoch(history: Sequence[EpochDone]) -> EpochDone:
    """Find the best epoch; of equal ones the first."""
    return max(history, key=rank)
