"""Who is measured, and how each is called. `{...}` are places that benchmarks/all.py fills in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """One way to do the work.

    Attributes:
        name: with the settings that differ from one side to another.
        environment: that its program comes from.
        command: program and arguments.
        large: whether it also takes its turn on the pictures of 12 megapixels.
    """

    name: str
    environment: str
    command: str
    large: bool = False


FLOAT = Side("tlx, float", "tlx", "python {here}/tlx_folder.py {pictures} {model}", large=True)
INT8 = Side("tlx, INT8", "tlx", "python {here}/tlx_folder.py {pictures} {int8}", large=True)
YOLO = "python {here}/ultralytics_folder.py {pictures}"
OPENVINO = "python {here}/openvino_folder.py {pictures}"
FOLDER = (
    FLOAT,
    INT8,
    Side(
        "tutorial's loop, batches of 4",
        "torch",
        "python {here}/tutorial_folder.py {pictures} 4",
        large=True,
    ),
    Side(
        "torch.compile, batches of 32",
        "torch",
        "python {here}/tutorial_folder.py {pictures} 32 --compile",
    ),
    Side(
        "timm's validate, batches of 256",
        "timm",
        "python {here}/timm_folder.py {pictures}",
    ),
    Side(
        "Ultralytics val on ONNX, one a run (its default)",
        "ultralytics",
        YOLO + " {exported}/fixed.onnx 1",
        large=True,
    ),
    Side(
        "Ultralytics val on ONNX, batches of 16",
        "ultralytics",
        YOLO + " {exported}/dynamic.onnx 16",
    ),
    Side("OpenVINO, one thread prepares", "openvino", OPENVINO + " {model}"),
    Side(
        "OpenVINO, two threads prepare", "openvino", OPENVINO + " {model} --threads 2", large=True
    ),
    Side(
        "OpenVINO in fp32, two threads prepare",
        "openvino",
        OPENVINO + " {model} --threads 2 --fp32",
    ),
    Side("OpenVINO, the INT8 file, two threads", "openvino", OPENVINO + " {int8} --threads 2"),
)
CLASSIFY = Side("tlx classify", "tlx", "tlx classify {model} {picture}")
ONE = (
    CLASSIFY,
    Side("ten lines on onnxruntime", "onnxruntime", "python -c {floor} {model} {picture}"),
    Side(
        "yolo predict, ONNX",
        "ultralytics",
        "yolo classify predict model={exported}/fixed.onnx source={picture} imgsz=224 save=False",
    ),
    Side("torchvision script", "torch", "python {here}/torchvision_one.py {weights} {picture}"),
)
