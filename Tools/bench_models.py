"""Two networks to time engines with: the stock shape at its smallest width, and the same with dynamic bottlenecks.

    python Tools/bench_models.py OUT

writes OUT/s.safetensors, a YOLOv8n-shaped network of 80 classes at 640 pixels, and OUT/d.safetensors, where the twenty
3x3 convolutions of the bottlenecks mix four experts. Weights are random, of sane statistics: every BatchNorm has seen
smooth pictures, and about a hundred candidates a picture pass a confidence of 0.25. Needs torch and safetensors;
`Detector` of Tools/train/detector/network.py with the `Shape` below takes the same tensors.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(Path(__file__).parent / "train"))
from detector.network import CondConv, Detector, DynamicConv, Shape  # noqa: E402

SEED = 2306
SIDE = 640
CANDIDATES = 100
#: What is written, by the file's name.
SHAPES = {
    name: Shape(classes=80, channels=(16, 32, 64, 128, 256), depths=(1, 2, 2, 1), experts=experts)
    for name, experts in (("s", 1), ("d", 4))
}


def pictures(count, generator):
    """Smooth colours at several scales, as photographs have, 0...1."""
    made = torch.zeros(count, 3, SIDE, SIDE)
    for cells in (4, 16, 64, 256):
        noise = torch.randn(count, 3, cells, cells, generator=generator)
        made += F.interpolate(noise, (SIDE, SIDE), mode="bilinear") * cells**-0.25
    return torch.sigmoid(made)


def settle(network, batch):
    """Gives every BatchNorm the statistics of the pictures, and the head its hundred candidates.

    Most of a channel's values land where SiLU bends but does not close. With a BatchNorm's usual 1 and 0 random
    weights would turn rare values into rarer and larger ones, layer after layer, as trained networks do not.
    """
    for module in network.modules():
        if isinstance(module, DynamicConv):
            nn.init.normal_(module.routing.weight, std=0.3)
            nn.init.normal_(module.routing.bias, std=0.5)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.35, 0.65)
            nn.init.normal_(module.bias, 0.7, 0.2)
            module.momentum = None  # a plain mean over the passes
            module.reset_running_stats()
    with torch.no_grad():
        network.train()(batch)
        network.eval()
        head = network.model[-1]
        for branch in head.cv3:
            branch[-1].bias.zero_()
        scores = class_scores(network, batch)
        for branch in head.cv3:
            branch[-1].weight.mul_(1.5 / scores.std())
        best = class_scores(network, batch).amax(1).sort().values
        for branch in head.cv3:
            branch[-1].bias.sub_(best[-CANDIDATES * len(batch)] + 1.1)  # the logit of 0.25 is -1.1
    return network


def class_scores(network, batch):
    """(cells of all pictures, classes), before the sigmoid."""
    classes = network.shape.classes
    return torch.cat([one[:, -classes:].movedim(1, -1).reshape(-1, classes) for one in network(batch)])


def save(network, out):
    tensors = {
        name: value.half().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    metadata = {
        "architecture": json.dumps(network.architecture()),
        "task": "detect",
        "stride": str(max(network.strides)),
        "names": json.dumps({i: f"class {i}" for i in range(network.shape.classes)}),
        "imgsz": str(SIDE),
    }
    save_file(tensors, str(out), metadata)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    for name, shape in SHAPES.items():
        torch.manual_seed(SEED)
        network = settle(Detector(shape), pictures(4, torch.Generator().manual_seed(SEED)))
        mixed = sum(isinstance(module, CondConv) for module in network.modules())
        save(network, out / f"{name}.safetensors")
        print(f"{out / name}.safetensors: {network.parameter_count()} parameters, {mixed} dynamic convolutions")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
