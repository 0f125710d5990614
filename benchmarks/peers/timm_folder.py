"""timm's validation on a folder: the loop of its `validate.py`, which its wheel does not carry.

python timm_folder.py FOLDER

As that script with `--model resnet18 --device cpu` and else its defaults: its own loader with four
workers and its prefetcher, batches of 256, fp32, cross-entropy, top-1 and top-5.
"""

import json
import sys
import time
from pathlib import Path

import timm
import torch
from timm.data import create_dataset, create_loader, resolve_data_config
from timm.utils import AverageMeter, accuracy

BATCH = 256

labels = sum(entry.is_dir() for entry in Path(sys.argv[1]).iterdir())
network = timm.create_model("resnet18", pretrained=False, num_classes=labels).eval()
rule = resolve_data_config({}, model=network, use_test_size=True)
data = create_dataset("", root=sys.argv[1], split="validation")
loader = create_loader(
    data,
    input_size=rule["input_size"],
    batch_size=BATCH,
    use_prefetcher=True,
    interpolation=rule["interpolation"],
    mean=rule["mean"],
    std=rule["std"],
    num_workers=4,
    crop_pct=rule["crop_pct"],
    crop_mode=rule["crop_mode"],
    device=torch.device("cpu"),
)
loss_of = torch.nn.CrossEntropyLoss()
losses, top1, top5 = AverageMeter(), AverageMeter(), AverageMeter()
with torch.inference_mode():
    network(torch.randn(BATCH, *rule["input_size"]))
    start = time.perf_counter()
    for images, truth in loader:
        output = network(images)
        losses.update(loss_of(output, truth).item(), len(images))
        first, fifth = accuracy(output, truth, topk=(1, 5))
        top1.update(first.item(), len(images))
        top5.update(fifth.item(), len(images))
seconds = time.perf_counter() - start
right = round(top1.avg * len(data) / 100)
print(json.dumps({"pictures": len(data), "seconds": seconds, "right": right}))
