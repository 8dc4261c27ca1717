"""Writes the tiny checkpoints of the tests and what their networks answer.

    python Tools/make_checkpoints.py      (needs torch and numpy)

For each network `NAME.pt` and `NAME.raw.npy` go to Tests/DetectionTests/Goldens: the raw head output
(N, 4 + nc, A) in float64 for the pictures in `input.npy` (uint8, N × 3 × 32 × 48; the network sees
float32(value) / 255). Weights are stored as float16 (float32 in one file) and the golden is computed
from the stored values, so an fp32 engine differs only by its own rounding: 1e-4 relative is ample.
`fused.pt`, `unstripped.pt` and `element_types.pt` are as torch.save writes them; the others are packed
again, deflated, to stay small.
"""

import copy
import datetime
import pathlib
import types
import zipfile

import numpy as np
import torch
import torch.nn as nn
from torch.utils.serialization import config

import standins as s

ROOT = pathlib.Path(__file__).resolve().parent.parent
DETECTION = ROOT / "Tests/DetectionTests/Goldens"
CHECKPOINTS = ROOT / "Tests/CheckpointsTests/Goldens"


def two_scales(c2f, nc):
    """The YOLOv8 layout in little: two scales joined both ways; channel counts small and uneven."""
    layers = [
        (-1, s.Conv(3, 6, 3, 2)),
        (-1, s.Conv(6, 8, 3, 2)),
        (-1, c2f(8, 8, 2, True)),
        (-1, s.Conv(8, 12, 3, 2)),
        (-1, s.Conv(12, 16, 3, 2)),
        (-1, s.SPPF(16, 16)),
        (-1, nn.Upsample(None, 2, "nearest")),
        ([-1, 3], s.Concat()),
        (-1, c2f(28, 12, 1, False)),
        (-1, s.Conv(12, 8, 3, 2)),
        ([-1, 5], s.Concat()),
        ([8, 10], s.Detect(nc, [12, 24], [8, 16])),
    ]
    return s.DetectionModel(layers, [f"class {i}" for i in range(nc)], [8, 16])


def one_scale(*middle, channels, names=("bolt", "nut"), stride=8):
    """A stem, the layers under test, a short head."""
    layers = [(-1, module) for module in middle]
    layers.append(([len(middle) - 1], s.Detect(len(names), [channels], [stride], depth=1)))
    return s.DetectionModel(layers, list(names), [stride])


def networks():
    """Every network by name; each shows one thing."""
    relu, hardswish, identity = nn.ReLU(), nn.Hardswish(), nn.Identity()
    return {
        "static": two_scales(s.C2f, 3),
        "dynamic": two_scales(s.C2f_DynamicConv, 3),
        # whole layers, without normalisation, with and without bias
        "whole_layer": one_scale(
            s.Conv(3, 6, 3, 2), s.DynamicConv(6, 6, 3, 2), s.DynamicConv(6, 8, 3, 2, bias=True),
            s.DynamicConv(8, 8, 3, d=2), channels=8,
        ),
        # fused, and of one class
        "fused": one_scale(
            s.Conv(3, 8, 3, 2), s.Conv(8, 8, 3, 2), s.Conv(8, 8, 3, 2), s.C2f(8, 8, 1, True),
            channels=8, names=["kod"],
        ),
        "unstripped": one_scale(
            s.Conv(3, 4, 3, 2), s.Conv(4, 4, 3, 2), s.Conv_Dynamic(4, 4, 3, 2), channels=4
        ),
        # channel counts that are no multiple of anything, past one block of 16
        "odd": one_scale(
            s.Conv(3, 7, 3, 2), s.Conv(7, 13, 3, 2), s.C2f_DynamicConv(13, 10, 1, True),
            s.Conv(10, 17, 3, 2), s.SPPF(17, 19), channels=19,
        ),
        "groups": one_scale(
            s.Conv(3, 8, 3, 2), s.Conv(8, 8, 3, 2, g=8), s.Conv_Dynamic(8, 8, 3, 2, g=8),
            s.DynamicConvBlock(8, 12, 3, g=4, bias=True), s.Conv(12, 9, 1, g=3),
            s.DynamicConvBlock(9, 9, 5, g=9, act=relu), channels=9,
        ),
        "softmax": one_scale(
            s.Conv(3, 6, 3, 2), s.SoftmaxDynamicConv(6, 6, 3, 2),
            s.Conv_Dynamic(6, 6, 3, 2, dynamic=s.SoftmaxDynamicConv(6, 6, 3, 2, 3, 7, nn.SiLU())),
            channels=6,
        ),
        # C3, SPP and other activations, in float32
        "older": one_scale(
            s.Conv(3, 6, 6, 2, act=hardswish), s.Conv(6, 8, 3, 2, act=relu),
            s.C3(8, 6, 1, True, act=hardswish), s.Conv(6, 8, 3, 2, d=2, act=identity),
            s.SPP(8, 6), channels=6,
        ),
    }


def settle(model, seed):
    """Weights as after some training: every part of the network matters to the answer."""
    generator = torch.Generator().manual_seed(seed)

    def noise(tensor, scale, offset=0.0):
        values = torch.randn(tensor.shape, generator=generator) * scale + offset
        mantissa, exponent = torch.frexp(values)  # five bits: they deflate well
        tensor.data.copy_(torch.ldexp((mantissa * 32).round() / 32, exponent))

    for name, module in model.named_modules():
        if name.endswith("dfl.conv"):
            continue
        if isinstance(module, nn.BatchNorm2d):
            noise(module.weight, 0.2, 1.0)
            noise(module.bias, 0.3)
            noise(module.running_mean, 0.3)
            module.running_var.data.copy_(
                torch.rand(module.running_var.shape, generator=generator) + 0.5
            )
        elif isinstance(module, nn.Conv2d):
            noise(module.weight, 1.6 * module.weight[0].numel() ** -0.5)
            if module.bias is not None:
                noise(module.bias, 0.5)
        elif isinstance(module, nn.Linear):
            noise(module.weight, 2.0 * module.in_features**-0.5)
            noise(module.bias, 0.5)
    return model.eval()


def golden(model, pictures):
    """The raw output in float64, from the weights as they are stored."""
    exact = copy.deepcopy(model).double()
    for module in exact.modules():  # a fused forward is bound to the module it was copied from
        if "forward" in module.__dict__:
            module.forward = module.forward_fuse
    with torch.no_grad():
        return exact(torch.from_numpy(pictures).float().div(255).double()).numpy()


def strip(model):
    """What a trainer leaves in `best.pt`."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    return {
        "epoch": -1,
        "best_fitness": None,
        "ema": None,
        "updates": None,
        "model": model,
        "optimizer": None,
        "train_args": {"imgsz": 96, "task": "detect", "data": "parts.yaml"},
        "date": "2026-01-02T03:04:05",
        "version": "8.4.190",
        "license": "CC0",
    }


def unstripped(ema):
    """What a trainer leaves in `last.pt`: `ema` beside another `model` and the optimizer's state."""
    ema.args = types.SimpleNamespace(imgsz=96, task="detect")
    model = copy.deepcopy(ema)
    for parameter in model.parameters():
        parameter.data.add_(1.0)
    some = list(model.float().parameters())[:2]
    optimizer = torch.optim.SGD(some, lr=0.01, momentum=0.9)
    for parameter in some:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return {
        **strip(ema),
        "epoch": 3,
        "best_fitness": np.float64(0.25),
        "model": model,
        "ema": ema,
        "updates": 17,
        "optimizer": optimizer.state_dict(),
        "scaler": {"scale": 65536.0, "growth_interval": 2000},
        "train_args": {"imgsz": 96, "save_dir": pathlib.PurePosixPath("runs/detect/train")},
        "train_metrics": {"metrics/mAP50(B)": np.float32(0.5), "fitness": np.float64(0.25)},
        "train_results": {"epoch": [1, 2, 3], "lr/pg0": [0.01, 0.02, 0.03]},
        "git": {"root": None, "branch": "main", "commit": "0" * 40, "origin": None},
        "date": datetime.datetime(2026, 1, 2, 3, 4, 5).isoformat(),
    }


def save(file, path, packed):
    """As torch.save, or deflated; the same bytes each time either way."""
    torch.save(file, path)
    if packed:
        with zipfile.ZipFile(path) as source:
            entries = [(name, source.read(name)) for name in source.namelist()]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
            for name, data in entries:
                target.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def element_types():
    """Buffers of every element type, with strides that are not row-major and storages shared."""
    module = s.Buffers()
    ramp = torch.arange(12, dtype=torch.float32) - 5.5
    values = torch.tensor([0.0, -1.5, 3.0, 70.0])
    tensors = {
        "row_major": ramp.view(3, 4),
        "transposed": ramp.view(3, 4).t(),
        "tail": ramp[7:],
        "every_other": ramp[1::2],
        "expanded": torch.tensor([1.5]).expand(2, 3),
        "half_": values.half(),
        "brain": values.bfloat16(),
        "double_": values.double(),
        "long_": values.long(),
        "integer": values.int(),
        "byte_": torch.tensor([0, 1, 2, 200], dtype=torch.uint8),
        "truth": values.bool(),
        "scalar": torch.tensor(7),
        "none_at_all": torch.zeros(0, 3),
        "nothing": None,
    }
    for name, tensor in tensors.items():
        module.register_buffer(name, tensor)
    return strip(s.DetectionModel([(-1, module)], ["a"], [32]))


def main():
    DETECTION.mkdir(parents=True, exist_ok=True)
    CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config.save.storage_alignment = 4  # small files
    pictures = np.random.default_rng(2).integers(0, 256, (2, 3, 32, 48), dtype=np.uint8)
    np.save(DETECTION / "input.npy", pictures)
    for seed, (name, model) in enumerate(networks().items()):
        settle(model, seed)
        if name == "fused":
            for module in model.modules():
                if isinstance(module, s.Conv):
                    module.fuse()
        if name != "older":  # one file in float32
            model.half()
        answer = golden(model, pictures)
        np.save(DETECTION / f"{name}.raw.npy", answer)
        file = unstripped(model) if name == "unstripped" else strip(model)
        save(file, DETECTION / f"{name}.pt", packed=name not in ("fused", "unstripped"))
        size = (DETECTION / f"{name}.pt").stat().st_size
        scores = answer[:, 4:]
        print(f"{name:12} {size:6} B  {answer.shape}  scores {scores.min():.3f}…{scores.max():.3f}"
              f"  spread {scores.std():.3f}  box {answer[:, :4].std():.1f}")
    save(element_types(), CHECKPOINTS / "element_types.pt", packed=False)


if __name__ == "__main__":
    main()
