"""How well scores tell pictures of unknown things from known ones (docs/unknown.md).

Networks are trained on seven of clothing's labels, frozen backbone and fine-tuned; the scores are
taken on test pictures of these seven (known), of the other three (near), and of another data set
(far). With --keep the answers are stored, and scored again from there the next time. Prints a
table in Markdown. With --runs it trains nothing: those networks, of all of clothing's labels, are
asked about its test pictures and the other data set.
"""

import argparse
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

import tlx
from tlx.evaluation.refusals import expected_refusals
from tlx.evaluation.unknown import UnknownRule, area_under_curve, choose_threshold, fit_rule
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.samples.folders import find_pictures

Arrays = dict[str, NDArray[np.floating]]
"""For each side: features `side_f` `[N, F]`, logits `side_l` `[N, C]`; truth `side_y` of known."""
Score = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]
"""From features and logits to `[N]`, larger is stranger."""

MODES = {
    "frozen": {"freeze": "backbone", "epochs": 15},
    "fine-tuned": {"epochs": 5},
}
SPLITS = ("train", "validation", "test")


def answers(run: Path, sides: dict[str, Sequence[Path]]) -> Arrays:
    """Ask a run's best network about pictures."""
    import torch

    from tlx.training.checkpoint import load_checkpoint, restore_network

    checkpoint = load_checkpoint(run / "best.pt")
    network, rule = restore_network(checkpoint), checkpoint.card.preprocessing
    found: Arrays = {}
    for side, paths in sides.items():
        parts = []
        for start in range(0, len(paths), 32):
            images = torch.from_numpy(_prepared(paths[start:][:32], rule))
            with torch.no_grad():
                features = network.until(images, "layer4")
                parts.append((features.numpy(), network.network.fc(features).numpy()))
        found[f"{side}_f"], found[f"{side}_l"] = map(np.concatenate, zip(*parts, strict=True))
    return found


def _prepared(paths: Sequence[Path], rule: Preprocessing) -> NDArray[np.uint8]:
    return np.stack([preprocess(path, rule) for path in paths])


def measure(arguments: argparse.Namespace, seed: int, mode: str) -> Arrays:
    """Train on seven labels that the seed draws, and ask about all sides."""
    clothing: Path = arguments.clothing
    labels = sorted(path.name for path in (clothing / "train").iterdir())
    unknown = [labels[index] for index in np.random.default_rng(seed).permutation(10)[:3]]
    known = [label for label in labels if label not in unknown]
    with tempfile.TemporaryDirectory() as folder:
        data, run = Path(folder) / "data", Path(folder) / "run"
        for split in SPLITS:
            for label in known:
                shutil.copytree(clothing / split / label, data / split / label)
        options = {"weights": str(arguments.weights), "imgsz": arguments.imgsz, "workers": 0}
        tlx.train(data, out=run, seed=seed, **options, **MODES[mode])
        sides = {
            split: [path for label in known for path in sorted((data / split / label).iterdir())]
            for split in SPLITS
        }
        near = [path for label in unknown for path in sorted((clothing / "test" / label).iterdir())]
        far = sorted(find_pictures(arguments.far))
        found = answers(run, {**sides, "near": near, "far": far})
    truths = {
        f"{side}_y": np.array([known.index(path.parent.name) for path in paths])
        for side, paths in sides.items()
    }
    return found | truths


def measure_run(arguments: argparse.Namespace, run: Path) -> Arrays:
    """Ask a run of all of clothing's labels about its pictures, and about those of other things."""
    labels = sorted(path.name for path in (arguments.clothing / "train").iterdir())
    sides = {split: sorted(find_pictures(arguments.clothing / split)) for split in SPLITS}
    truths = {
        f"{side}_y": np.array([labels.index(path.parent.name) for path in paths])
        for side, paths in sides.items()
    }
    return answers(run, {**sides, "far": sorted(find_pictures(arguments.far))}) | truths


def scores_of(found: Arrays) -> dict[str, Score]:
    """Build the scores that are compared, from training and validation pictures alone."""
    rule = fit_rule(found["train_f"], found["train_y"])
    both = rule.fitted_to(found["validation_f"], found["validation_l"], 0.05)
    return {
        "maximum probability": lambda _f, logits: -softmax(logits, axis=1).max(axis=1),
        "energy": lambda _f, logits: -logsumexp(logits, axis=1),
        "distance": lambda features, _l: rule.distances(features),
        "distance, all directions": _everywhere(found),
        "**distance + energy**": both.scores,
    }


def _everywhere(found: Arrays) -> Score:
    from tlx.evaluation import unknown

    before, unknown.DIRECTIONS = unknown.DIRECTIONS, found["train_f"].shape[1]
    try:
        rule: UnknownRule = fit_rule(found["train_f"], found["train_y"])
    finally:
        unknown.DIRECTIONS = before
    return lambda features, _logits: rule.distances(features)


def judged(found: Arrays, score: Score) -> list[float]:
    """Give AUROC and share taken for known, near (if asked about) and far; share of known refused.

    The threshold is from the validation pictures.
    """
    of = {
        side: score(found[f"{side}_f"], found[f"{side}_l"])
        for side in (*SPLITS[1:], "near", "far")
        if f"{side}_f" in found
    }
    threshold = choose_threshold(of["validation"], 0.05)
    row: list[float] = []
    for side in ("near", "far"):
        if side in of:
            accepted = float((of[side] <= threshold).mean())
            row += [area_under_curve(of["test"], of[side]), accepted]
    return [*row, float((of["test"] > threshold).mean())]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clothing", type=Path)
    parser.add_argument("far", type=Path, help="folder of pictures of other things")
    parser.add_argument("weights", type=Path, nargs="?", help="goes with trainings, not --runs")
    parser.add_argument("--imgsz", type=int, default=96)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--runs", type=Path, nargs="+", help="of all labels; instead of training")
    parser.add_argument("--keep", type=Path, help="folder for the answers")
    arguments = parser.parse_args()
    if (arguments.runs is None) == (arguments.weights is None):
        parser.error("give either WEIGHTS or --runs")
    if arguments.runs:
        _print_runs(arguments)
    else:
        _print_trainings(arguments)


def _print_runs(arguments: argparse.Namespace) -> None:
    print("| run | score | far: AUROC | accepted | known refused |")
    print("| --- | --- | --- | --- | --- |")
    for run in arguments.runs:
        found = _kept(arguments.keep, run.name, lambda run=run: measure_run(arguments, run))
        for name, score in scores_of(found).items():
            cells = " | ".join(f"{value:.3f}" for value in judged(found, score))
            print(f"| {run.name} | {name} | {cells} |", flush=True)
        print(f"{run.name}: {_refused(found)}")


def _print_trainings(arguments: argparse.Namespace) -> None:
    print("| network | score | near: AUROC | accepted | far: AUROC | accepted | known refused |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    refused: list[str] = []
    for mode in MODES:
        rows: dict[str, list[list[float]]] = defaultdict(list)
        for seed in arguments.seeds:
            found = _kept(
                arguments.keep,
                f"{mode}-{seed}-{arguments.imgsz}",
                lambda seed=seed, mode=mode: measure(arguments, seed, mode),
            )
            for name, score in scores_of(found).items():
                rows[name].append(judged(found, score))
            refused.append(f"{mode}, seed {seed}: {_refused(found)}")
        for name, values in rows.items():
            print(f"| {mode} | {name} | {' | '.join(_spread(np.array(values)))} |")
    print("\n".join(refused))


def _refused(found: Arrays) -> str:
    """Say how many known test pictures the rule refuses, and how many are to be expected."""
    share, low, high = refusals(found)
    count = len(found["test_f"])
    inside = redivided(found)
    return (
        f"{round(share * count)} of {count} known refused ({share:.1%}; 95% of the time "
        f"{low:.1%} to {high:.1%}); validation and test divided anew: {inside.mean():.1%} of "
        f"{len(inside)} times inside"
    )


def refusals(found: Arrays) -> tuple[float, float, float]:
    """Fit a rule on training and validation; give the share of test refused, and its interval."""
    rule = fit_rule(found["train_f"], found["train_y"])
    rule = rule.fitted_to(found["validation_f"], found["validation_l"], 0.05)
    share = float((rule.scores(found["test_f"], found["test_l"]) > rule.threshold).mean())
    expected = expected_refusals(share, len(found["test_f"]), rule.refusal)
    return share, *expected["refused_expected_interval"]


def redivided(found: Arrays, times: int = 400) -> NDArray[np.bool_]:
    """Divide validation and test pictures anew by chance; tell when the share is in its interval.

    So they are exchangeable, whatever pictures the two splits were made of.
    """
    chance = np.random.default_rng(0)
    count = len(found["validation_f"])
    inside: list[bool] = []
    both = {end: np.concatenate([found[f"{s}_{end}"] for s in SPLITS[1:]]) for end in "fl"}
    rule = fit_rule(found["train_f"], found["train_y"])
    for _ in range(times):
        order = chance.permutation(len(both["f"]))
        held, asked = order[:count], order[count:]
        fitted = rule.fitted_to(both["f"][held], both["l"][held], 0.05)
        share = float((fitted.scores(both["f"][asked], both["l"][asked]) > fitted.threshold).mean())
        expected = expected_refusals(share, len(asked), fitted.refusal)
        low, high = expected["refused_expected_interval"]
        inside.append(low <= share <= high)
    return np.array(inside)


def _kept(folder: Path | None, name: str, ask: Callable[[], Arrays]) -> Arrays:
    if folder is None:
        return ask()
    path = folder / f"{name}.npz"
    if not path.exists():
        np.savez(path, **ask())
    with np.load(path) as stored:
        return dict(stored)


def _spread(values: NDArray[np.floating]) -> list[str]:
    means, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    return [f"{m:.3f} ({a:.3f} to {b:.3f})" for m, a, b in zip(means, low, high, strict=True)]


if __name__ == "__main__":
    main()
