"""Checkpoints as Ultralytics writes them, with random weights of sane statistics.

python models.py OUT PICTURES writes one .pt for each kind of model that DynaDetect must read. Every
BatchNorm has seen the pictures, so activations keep their scale, and the head is set so that about a
hundred candidates a picture pass the default confidence, up to 0.5...0.9.
"""

import copy
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from timm.layers import CondConv2d
from torch import nn
from ultralytics import YOLO
from ultralytics.nn.modules.block import C2f, Bottleneck

SEED = 2306


class DynamicConv_Single(nn.Module):  # noqa: N801: the name forks use
    """ParameterNet's dynamic convolution as YOLOv8 forks write it: sigmoid routing of the mean."""

    def __init__(self, channels_in, channels_out, kernel, stride=1, groups=1, experts=4):
        super().__init__()
        self.routing = nn.Linear(channels_in, experts)
        self.cond_conv = CondConv2d(
            channels_in, channels_out, kernel, stride, padding="", groups=groups, num_experts=experts
        )

    def forward(self, x):
        alpha = torch.sigmoid(self.routing(x.mean((2, 3))))
        return self.cond_conv(x, alpha)


class DynamicConv(nn.Module):
    """What takes the place of a Conv: a dynamic convolution, its BatchNorm and its activation."""

    def __init__(self, conv, bn, act):
        super().__init__()
        self.conv, self.bn, self.act = dynamic_like(conv), bn, act

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class WholeDynamicConv(DynamicConv_Single):
    """A whole layer of the list, without BatchNorm: DynamicConv [c, k, s]."""


class C2f_DynamicConv(C2f):  # noqa: N801: the name forks use
    """A C2f whose bottlenecks are dynamic; only its name is new."""


class Bottleneck_DynamicConv(Bottleneck):  # noqa: N801
    """A Bottleneck of dynamic convolutions; only its name is new."""


def dynamic_like(conv: nn.Conv2d) -> DynamicConv_Single:
    """A dynamic convolution of a Conv2d's shape, spread so that routing matters."""
    made = DynamicConv_Single(
        conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride[0], conv.groups
    )
    nn.init.normal_(made.routing.weight, std=0.3)
    nn.init.normal_(made.routing.bias, std=0.5)
    return made


def with_dynamic_bottlenecks(yolo: YOLO) -> YOLO:
    """Both 3x3 convolutions of every bottleneck become dynamic (20 in YOLOv8n)."""
    for module in yolo.model.modules():
        if type(module) is C2f:
            module.__class__ = C2f_DynamicConv
        if type(module) is Bottleneck:
            module.__class__ = Bottleneck_DynamicConv
            for name in ("cv1", "cv2"):
                old = getattr(module, name)
                setattr(module, name, DynamicConv(old.conv, old.bn, old.act))
    return yolo


def with_whole_layers(yolo: YOLO) -> YOLO:
    """Two downsampling layers of the backbone become DynamicConv without BatchNorm and activation."""
    layers = yolo.model.model
    for index in (3, 5):
        old = layers[index]
        made = dynamic_like(old.conv)
        made.__class__ = WholeDynamicConv
        made.f, made.i, made.type = old.f, old.i, "DynamicConv"
        made.np = sum(p.numel() for p in made.parameters())
        layers[index] = made
    return yolo


def stretched(path: Path) -> torch.Tensor:
    """A picture on a square, (3, 640, 640), 0...1, for statistics only: no border, no aspect."""
    picture = cv2.resize(cv2.imread(str(path)), (640, 640))
    return torch.from_numpy(picture[..., ::-1].copy()).permute(2, 0, 1).float() / 255


def settle(yolo: YOLO, pictures: torch.Tensor) -> YOLO:
    """Gives every BatchNorm the statistics of the pictures, and the head a fitting spread and bias.

    Most of a channel's values land where SiLU bends but does not close (0.7 and half a deviation). With
    the usual 0 and 1 a network of random weights turns each layer's rare values into rarer and larger
    ones, sixty layers deep: one picture then has thousands of boxes and another none, and float32 itself
    is off by 1e-3. Trained networks are not like that.
    """
    model = yolo.model.float()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.35, 0.65)
            nn.init.normal_(module.bias, 0.7, 0.2)
            module.momentum = None  # a plain mean over the passes
            module.reset_running_stats()
    head = model.model[-1]
    with torch.no_grad():
        model.train()
        model(pictures)
        model.eval()
        for branch in head.cv2:
            branch[-1].weight.mul_(4)
        for branch in head.cv3:
            branch[-1].bias.zero_()
        spread = model(pictures)[0][:, 4:].logit().std()
        for branch in head.cv3:
            branch[-1].weight.mul_(1.5 / spread)
        scores = model(pictures)[0][:, 4:].amax(1).flatten().sort().values
        wanted = scores[-100 * len(pictures)].logit()  # 100 candidates a picture
        for branch in head.cv3:
            branch[-1].bias.sub_(wanted + 1.1)  # logit(0.25) is -1.1
    return yolo


def photographs(folder: Path) -> list[Path]:
    endings = {".jpg", ".jpeg", ".png", ".webp"}
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in endings)


def main(out: Path, folder: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pictures = torch.stack([stretched(path) for path in photographs(folder)[:8]])

    def made(config, classes=80, change=lambda yolo: yolo):
        torch.manual_seed(SEED)
        yolo = YOLO(config)
        if classes != 80:
            from ultralytics.nn.tasks import DetectionModel

            yolo.model = DetectionModel(config, nc=classes, verbose=False)
        return settle(change(yolo), pictures)

    def save(name, yolo):
        model = copy.deepcopy(yolo.model)
        yolo.ckpt = {}
        yolo.model = model
        yolo.save(out / f"{name}.pt")
        print(f"wrote {name}.pt", file=sys.stderr)

    save("n", made("yolov8n.yaml"))
    save("s", made("yolov8s.yaml"))
    save("n-one-class", made("yolov8n.yaml", classes=1))
    save("n-dynamic", made("yolov8n.yaml", change=with_dynamic_bottlenecks))
    save("n-whole-layer", made("yolov8n.yaml", change=with_whole_layers))
    fused = made("yolov8n.yaml")
    fused.model.fuse(verbose=False)
    save("n-fused", fused)

    # As the trainer leaves it: an averaged model beside an optimizer, `model` empty.
    whole = made("yolov8n.yaml", change=with_dynamic_bottlenecks)
    optimizer = torch.optim.AdamW(whole.model.parameters(), lr=1e-3)
    for parameter in whole.model.parameters():
        if parameter.requires_grad:  # the DFL's weights are fixed
            parameter.grad = torch.randn_like(parameter) * 1e-3
    optimizer.step()
    settle(whole, pictures)
    torch.save(
        {
            "epoch": 3,
            "best_fitness": np.float64(0.25),
            "model": None,
            "ema": copy.deepcopy(whole.model).half(),
            "updates": 12,
            "optimizer": optimizer.state_dict(),
            "scaler": {},
            "train_args": dict(whole.overrides, imgsz=640, data="things.yaml"),
            "train_metrics": {"metrics/mAP50(B)": np.float64(0.5), "fitness": 0.25},
            "train_results": {"epoch": [1, 2, 3]},
            "date": "2026-01-01T00:00:00",
            "version": "8.4.190",
            "license": "none",
        },
        out / "n-unstripped.pt",
    )
    print("wrote n-unstripped.pt", file=sys.stderr)


if __name__ == "__main__":
    # Pickled class paths must be importable by the one who reads the files.
    import models

    models.main(Path(sys.argv[1]), Path(sys.argv[2]))
