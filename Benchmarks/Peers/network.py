"""A `.safetensors` of ours as a plain PyTorch module for one picture, in the form that other engines run fastest.

BatchNorm is folded, into every expert of a dynamic convolution as into any kernel. A dynamic convolution is one matrix
product that mixes the experts and one ordinary convolution with the mixed kernel: for a single picture nothing cheaper
can be said in ONNX, and each of the engines takes a convolution whose kernel is computed. (A grouped convolution over
the batch is the same for one picture; a convolution with all experts and a sum of its outputs is four times the work.)
The network ends at its maps: what follows, the boxes' distributions and suppression, is no network's business.
"""

import json
import math

import numpy as np
import torch
import torch.nn.functional as F
from detector.network import Detector, DynamicConv, Shape
from safetensors import safe_open
from torch import nn

#: Where the maps lie in the output: rows and columns are the side over the stride.
STRIDES = Detector.strides


class Folded(nn.Module):
    """A convolution with its BatchNorm inside, and SiLU."""

    def __init__(self, conv, norm):
        super().__init__()
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.bias = nn.Parameter(norm.bias - norm.running_mean * scale)
        if isinstance(conv, DynamicConv):
            self.outputs, self.inputs, self.kernel, self.stride = conv.geometry
            experts = conv.cond_conv.weight.unflatten(1, (self.outputs, -1))
            self.weight = nn.Parameter((experts * scale[:, None]).flatten(1))
            self.routing = conv.routing
        else:
            self.outputs, self.inputs, self.kernel, _ = conv.weight.shape
            self.stride = conv.stride[0]
            self.weight = nn.Parameter(conv.weight * scale[:, None, None, None])
            self.routing = None

    def forward(self, x):
        weight = self.weight
        if self.routing is not None:
            alpha = torch.sigmoid(self.routing(x.mean((2, 3))))
            weight = (alpha @ weight).view(self.outputs, self.inputs, self.kernel, self.kernel)
        return F.silu(F.conv2d(x, weight, self.bias, self.stride, self.kernel // 2))


def fold(module):
    """Replaces every convolution with normalisation in the tree."""
    for name, child in module.named_children():
        if hasattr(child, "conv") and hasattr(child, "bn"):
            setattr(module, name, Folded(child.conv, child.bn))
        else:
            fold(child)
    return module


def load(path):
    """The network of a file, folded."""
    with safe_open(path, "pt") as file:
        architecture = json.loads(file.metadata()["architecture"])
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    layers = architecture["layers"]
    convs = [args for _, name, args in layers if name == "Conv"]
    blocks = [args for _, name, args in layers if name.startswith("C2f")]
    dynamic = any(name == "C2f_DynamicConv" for _, name, _ in layers)
    shape = Shape(
        classes=architecture["nc"],
        channels=tuple(args[1] for args in convs[:5]),
        depths=tuple(args[2] for args in blocks[:4]),
        experts=architecture["num_experts"] if dynamic else 1,
        bins=architecture["reg_max"],
    )
    network = Detector(shape)
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise SystemExit(f"{path} is not the shape that is timed here: {missing + unexpected}")
    return fold(network.eval()).requires_grad_(False)


def decode(maps, classes, bins=16):
    """Maps (1, 4 · bins + classes, H, W) → (4 + classes, anchors) as `dynadetect run` writes it."""
    columns = []
    for stride, one in zip(STRIDES, maps):
        one = np.asarray(one, np.float32).reshape(4 * bins + classes, -1)
        height = width = math.isqrt(one.shape[1])
        sides = one[: 4 * bins].reshape(4, bins, -1)
        weights = np.exp(sides - sides.max(1, keepdims=True))
        weights /= weights.sum(1, keepdims=True)
        left, top, right, bottom = (weights * np.arange(bins)[:, None]).sum(1)
        y, x = (v.ravel() + 0.5 for v in np.mgrid[:height, :width])
        box = np.stack([x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom])
        columns.append(np.concatenate([box * stride, 1 / (1 + np.exp(-one[4 * bins :]))]))
    return np.concatenate(columns, 1)
