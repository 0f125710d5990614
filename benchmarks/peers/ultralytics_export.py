"""A ResNet-18 as Ultralytics builds it, exported to ONNX by Ultralytics.

python ultralytics_export.py FOLDER LABELS

Its own architecture `yolo11-cls-resnet18` without pretrained weights, which cannot be fetched
everywhere: torchvision's ResNet-18 under Ultralytics' head (a 1 x 1 convolution to 1280 channels,
pooling, a linear layer). FOLDER gets `fixed.onnx`, its default of one picture a run, and
`dynamic.onnx`, for any batch.
"""

import os
import sys
from pathlib import Path

os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
import yaml
from ultralytics import YOLO

folder, labels = Path(sys.argv[1]), int(sys.argv[2])
architecture = {
    "nc": labels,
    "backbone": [[-1, 1, "TorchVision", [512, "resnet18", None, True, 2]]],
    "head": [[-1, 1, "Classify", ["nc"]]],
}
folder.mkdir(parents=True, exist_ok=True)
source = folder / "resnet18-cls.yaml"
source.write_text(yaml.safe_dump(architecture))
for name, dynamic in (("fixed", False), ("dynamic", True)):
    written = YOLO(str(source), task="classify").export(
        format="onnx", imgsz=224, dynamic=dynamic, device="cpu"
    )
    Path(written).replace(folder / f"{name}.onnx")
