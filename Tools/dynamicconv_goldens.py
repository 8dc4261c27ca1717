"""Writes the goldens of DynamicConv: timm's CondConv2d in float64, its kernels mixed by a routing.

    python Tools/dynamicconv_goldens.py Tests/InferenceTests/Goldens [SEED]

Needs numpy, torch and timm. Each file holds arrays one behind the other, each as .npy has it:

    geometry  int64  C_in, C_out, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups, M
    input     float32 (N, C_in, H, W)
    kernels   float32 (M, C_out·C_in/groups·k_h·k_w), flat as CondConv2d keeps them
    biases    float32 (M, C_out), zeros where the layer has none
    routing   float32 sigmoid: weight (M, C_in), bias (M)
                      softmax: weight (hidden, C_in), bias, weight (M, hidden), bias, ReLU between
    output    float64 (N, C_out, H', W')

Inputs and weights are float32 numbers, and all arithmetic on them is float64: what differs from the
output by more than 1e-6 of its largest element computes something else, not something less exact.
An engine in float32 is given 1e-5.
"""

import pathlib
import sys

import numpy
import torch
from timm.layers import CondConv2d

SEED = 20240624

# name: C_in, C_out, kernel, stride, padding, dilation, groups, M, bias, N, H, W, hidden (0: sigmoid)
CASES = {
    "plain": (8, 12, (3, 3), 1, 1, 1, 1, 4, False, 1, 7, 9, 0),
    "pointwise": (19, 17, (1, 1), 1, 0, 1, 1, 4, True, 2, 5, 7, 0),
    "strided": (5, 18, (3, 3), 2, 1, 1, 1, 4, True, 3, 9, 13, 0),
    "grouped": (12, 20, (3, 3), 1, 1, 1, 4, 3, False, 2, 7, 7, 0),
    "depthwise": (18, 18, (5, 5), 1, 2, 1, 18, 4, True, 2, 7, 11, 0),
    "depthwise-strided": (7, 7, (3, 3), 2, 1, 1, 7, 2, False, 1, 13, 7, 0),
    "dilated": (6, 4, (3, 3), 1, 2, 2, 1, 8, True, 2, 7, 13, 0),
    "one-expert": (4, 5, (7, 7), 3, 3, 1, 1, 1, True, 1, 13, 13, 0),
    "softmax": (10, 16, (3, 3), 1, 1, 1, 1, 4, True, 2, 7, 7, 3),
    "softmax-depthwise": (17, 17, (3, 3), 1, 1, 1, 17, 4, False, 1, 7, 5, 6),
}


class DynamicConv(torch.nn.Module):
    """A CondConv2d whose mixing weights come from the means of its input's channels."""

    def __init__(self, c_in, c_out, kernel, stride, padding, dilation, groups, experts, bias, hidden):
        super().__init__()
        if hidden:
            self.routing = torch.nn.Sequential(
                torch.nn.Linear(c_in, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, experts),
                torch.nn.Softmax(dim=1))
        else:
            self.routing = torch.nn.Sequential(torch.nn.Linear(c_in, experts), torch.nn.Sigmoid())
        self.cond_conv = CondConv2d(
            c_in, c_out, kernel, stride, padding, dilation, groups, bias, experts)

    def forward(self, x):
        return self.cond_conv(x, self.routing(x.mean(dim=(2, 3))))


def write(file, case):
    c_in, c_out, kernel, stride, padding, dilation, groups, experts, bias, n, h, w, hidden = case
    layer = DynamicConv(
        c_in, c_out, kernel, stride, padding, dilation, groups, experts, bias, hidden)
    for parameter in layer.parameters():
        torch.nn.init.uniform_(parameter, -1, 1)
    x = torch.randn(n, c_in, h, w) + torch.rand(n, c_in, 1, 1)  # means that tell pictures apart
    with torch.no_grad():
        y = layer.double()(x.double())
    biases = layer.cond_conv.bias if bias else torch.zeros(experts, c_out)
    arrays = [numpy.array(
        [c_in, c_out, *kernel, stride, stride, padding, padding, dilation, dilation, groups, experts],
        dtype="<i8")]
    for tensor in [x, layer.cond_conv.weight, biases, *layer.routing.parameters()]:
        arrays.append(tensor.detach().numpy().astype("<f4"))
    arrays.append(y.numpy().astype("<f8"))
    for array in arrays:
        numpy.save(file, array)


def main():
    folder = pathlib.Path(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    for number, (name, case) in enumerate(CASES.items()):
        torch.manual_seed(seed + number)
        with open(folder / f"dynamicconv-{name}.npy", "wb") as file:
            write(file, case)


main()
