"""What PyTorch makes of a model of ours, in float64: python model_golden.py MODEL.safetensors PICTURE OUT

MODEL carries its layer list in its metadata; PICTURE is taken at its own size, which must be a multiple of
32. Writes OUT.npy, the raw head output (1, 4 + nc, A) as float32. BuiltInModelTests hold the engine to 1e-4
relative of it: fp32 sums of some thousands of products, some sixty layers deep, stay within 1e-5.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from torch import nn

import standins


class Block(nn.Module):
    """A dynamic convolution with BatchNorm and SiLU behind it, as children conv and bn."""

    def __init__(self, c1, c2, k):
        super().__init__()
        self.conv = standins.DynamicConv_Single(c1, c2, k)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3)

    def forward(self, x):
        return nn.functional.silu(self.bn(self.conv(x)))


class Bottleneck(standins.Bottleneck):
    def __init__(self, c1, c2, shortcut):
        super().__init__(c1, c2, shortcut)
        self.cv1, self.cv2 = Block(c1, c2, 3), Block(c2, c2, 3)


class C2fDynamic(standins.C2f):
    bottleneck = Bottleneck


def layer(name, arguments, strides, tensors, prefix):
    """The module that one entry of the layer list names."""
    if name == "Conv":
        return standins.Conv(*arguments)
    if name == "C2f_DynamicConv":
        return C2fDynamic(*arguments)
    if name == "SPPF":
        return standins.SPPF(*arguments)
    if name == "Upsample":
        return nn.Upsample(scale_factor=arguments[0], mode=arguments[1])
    if name == "Concat":
        return standins.Concat(*arguments)
    assert name == "Detect", name
    head = standins.Detect(arguments[0], arguments[1], strides)
    for branches in ("cv2", "cv3"):
        for i, channels in enumerate(arguments[1]):
            width = tensors[f"{prefix}.{branches}.{i}.0.conv.weight"].shape[0]
            out = tensors[f"{prefix}.{branches}.{i}.2.weight"].shape[0]
            getattr(head, branches)[i] = head.branch(channels, width, 2, out)
    return head


def main(model_path, picture_path, out):
    with safe_open(model_path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
        architecture = json.loads(file.metadata()["architecture"])
    layers = [
        (source, layer(name, arguments, architecture["strides"], tensors, f"model.{i}"))
        for i, (source, name, arguments) in enumerate(architecture["layers"])
    ]
    model = standins.DetectionModel(layers, ["?"] * architecture["nc"], architecture["strides"])
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and all("num_batches" in key for key in missing), (missing, unexpected)
    pixels = np.asarray(Image.open(picture_path).convert("RGB"))
    given = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None].double()
    with torch.no_grad():
        raw = model.eval().double()(given)
    np.save(out, raw.numpy().astype(np.float32))


if __name__ == "__main__":
    main(*sys.argv[1:])
