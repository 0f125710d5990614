"""Ultralytics' classify `val` on its own ONNX export.

python ultralytics_folder.py FOLDER MODEL.onnx BATCH

FOLDER lies in a data set as Ultralytics wants it (DATA/train, DATA/test). Timed from the start of
its loop to the end of its metrics; what comes before (the session, the scan of the data set, a run
to warm up) is not. It draws no plots here, which it does unless told otherwise.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
from ultralytics import YOLO

folder, model, batch = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
times: list[float] = []
network = YOLO(model, task="classify")
for moment in ("on_val_start", "on_val_end"):
    network.add_callback(moment, lambda _: times.append(time.perf_counter()))
report = network.val(
    data=str(folder.parent),
    split=folder.name,
    batch=batch,
    imgsz=224,
    plots=False,
    verbose=False,
    project=str(Path(model).resolve().parent / "val"),
    exist_ok=True,
)
pictures = sum(1 for _ in folder.glob("*/*"))
right = round(report.top1 * pictures)
print(json.dumps({"pictures": pictures, "seconds": times[-1] - times[0], "right": right}))
