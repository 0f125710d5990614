"""Classify pictures: python predict.py PICTURE... (README.md says the same rule in words)."""

import json
import os
import sys
from pathlib import Path

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # or some builds report to their maker
import onnxruntime
from PIL import Image

MODEL = Path(__file__).with_name("model.onnx")
CARD = json.loads(Path(__file__).with_name("card.json").read_text(encoding="utf-8"))
SIDE, CROP = CARD["preprocessing"]["resize_side"], CARD["preprocessing"]["crop"]
UPRIGHT = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation: Pillow's transposition


def decode(file: str | Path) -> Image.Image:
    """Decode a file to an upright RGB image."""
    with Image.open(file) as image:
        image.draft(None, (2 * SIDE, 2 * SIDE))  # JPEG alone has scales
        image.load()  # first, for the orientation may stand behind the pixels
        try:
            orientation = image.getexif().get(0x0112, 1)
        except Exception:  # damaged EXIF data: the picture itself is still good
            orientation = 1
        rgb = to_rgb(image)
    known = isinstance(orientation, int) and orientation in UPRIGHT
    return rgb.transpose(Image.Transpose(UPRIGHT[orientation])) if known else rgb


def to_rgb(image: Image.Image) -> Image.Image:
    """Bring any mode to RGB: 16 bit by the high byte, alpha on white, the rest by Pillow."""
    if image.mode[0] in "IF":
        values = np.asarray(image)
        if image.mode == "F" or values.min() < 0 or values.max() > 0xFFFF:
            raise ValueError("pixel values that are not of 8 or 16 bits")
        return Image.fromarray((values >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def preprocess(file: str | Path) -> np.ndarray:
    """Give uint8 RGB [S, S, 3]; as decoded, [H, W, 3], where the graph resizes and crops."""
    short, long = sorted((rgb := decode(file)).size)
    if not short or long > 200 * short:
        raise ValueError(f"{rgb.width} x {rgb.height} pixels is a shape beyond 1:200")
    if CARD["input"] == "uint8-any-size":
        return np.array(rgb)
    resized = rgb.resize([int(SIDE * n / short) for n in rgb.size], Image.Resampling.BILINEAR)
    left, top = (round((length - CROP) / 2) for length in resized.size)  # half to even
    return np.array(resized.crop((left, top, left + CROP, top + CROP)))


def classify(session: onnxruntime.InferenceSession, pixels: np.ndarray) -> tuple:
    """Give the logits, float32 [C], the chosen (label, probability), unknown_score in a list."""
    if CARD["input"] == "float-nchw":
        pixels = pixels.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    batch = session.get_inputs()[0].shape[0]  # a number where the file takes only so many
    images = {"images": np.stack([pixels] * (batch if isinstance(batch, int) else 1))}
    rule = [] if CARD["unknown_threshold"] is None else ["unknown_score"]
    logits, probabilities, *scores = session.run(["logits", "probabilities", *rule], images)
    order, p = np.argsort(-logits[0], kind="stable"), probabilities[0].astype(float)
    several, least = CARD["task"] == "multi-label", CARD["thresholds"] or [0.5] * len(p)
    chosen = [i for i in order if p[i] >= least[i]] if several else order[:1]
    return logits[0], [(CARD["labels"][i], p[i]) for i in chosen], [float(s[0]) for s in scores]


if __name__ == "__main__":
    opened = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    for path in sys.argv[1:]:
        try:
            _, found, scores = classify(opened, preprocess(path))
        except Exception as error:
            sys.exit(f"{path}: {error}")
        said = ", ".join(f"{label} {share:.4f}" for label, share in found) or "none"
        unknown = any(score > CARD["unknown_threshold"] for score in scores)
        print(f"{path}: {f'unknown (nearest: {said})' if unknown else said}")
