"""Writes a trained detector as the safetensors file that `dynadetect` reads.

    python3 Tools/train/export.py RUN OUT.safetensors [--imgsz 352] [--licence Apache-2.0] [--name …]

The averaged weights go out in float16, with the architecture, classes, licence and the run's figures as metadata.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from detector.network import Detector, Shape
from scenes.scene import INPUT_SIDE
from scenes.symbols import CLASSES

#: Settings that say nothing of the training, or that stand elsewhere.
UNTOLD = ("data", "names")


def load(checkpoint):
    """The averaged network of a run's last.pt, ready to be asked, and what else the file says."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network = Detector(Shape.of(state["shape"]))
    network.load_state_dict(state["average"])
    return network.eval(), state


def export(network, state, out, imgsz=INPUT_SIDE, precision=torch.float16, **extra):
    """Writes the file; metadata values are strings, as safetensors has them."""
    tensors = {
        name: value.to(precision).contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    metadata = {
        "architecture": json.dumps(network.architecture()),
        "task": "detect",
        "stride": str(max(network.strides)),
        "names": json.dumps(dict(enumerate(state["settings"].get("names", CLASSES)))),
        "imgsz": str(imgsz),
        "parameters": str(network.parameter_count()),
        "training": json.dumps({"step": state["step"], **{k: v for k, v in state["settings"].items() if k not in UNTOLD}}),
        **extra,
    }
    save_file(tensors, str(out), metadata)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--imgsz", type=int, default=INPUT_SIDE)
    parser.add_argument("--name", default="printed codes")
    parser.add_argument("--licence", default="Apache-2.0")
    parser.add_argument("--confidence", type=float, help="the confidence chosen for it by evaluation")
    parser.add_argument("--iou", type=float, help="overlap above which the weaker box goes")
    parser.add_argument("--agnostic", action="store_true", help="boxes of different classes suppress each other")
    parser.add_argument("--ranges", type=Path, help="the same model as `dynadetect calibrate` wrote it, for int8")
    options = parser.parse_args()
    chosen = {key: str(value) for key in ("confidence", "iou") if (value := getattr(options, key)) is not None}
    chosen |= {"agnostic": "true"} if options.agnostic else {}
    if options.ranges:
        with safe_open(options.ranges, "pt") as calibrated:
            chosen["activation_ranges"] = calibrated.metadata()["activation_ranges"]
    export(
        *load(options.run / "last.pt"), options.out, imgsz=options.imgsz, name=options.name, license=options.licence,
        **chosen,
    )  # fmt: skip
