"""Stand-ins for the modules of YOLOv8-family networks, written from their structure.

Tests need small checkpoints with the module names, children and attributes that training
frameworks write: `Conv` holds `conv`, `bn`, `act`; `C2f` holds `cv1`, `cv2`, `m` and `c`; a dynamic
convolution holds `routing` and `cond_conv`. Each forward is the plain formula, so that a golden can be
computed in float64.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Conv(nn.Module):
    """Convolution, batch normalisation, activation."""

    def __init__(self, c1, c2, k=1, s=1, g=1, d=1, act=None):
        super().__init__()
        padding = d * (k - 1) // 2
        self.conv = nn.Conv2d(c1, c2, k, s, padding, groups=g, dilation=d, bias=False)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU() if act is None else act

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))

    def forward_fuse(self, x):
        return self.act(self.conv(x))

    def fuse(self):
        """Folds the batch normalisation into the convolution and drops it."""
        scale = self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps)
        bias = self.bn.bias - self.bn.running_mean * scale
        self.conv.weight = nn.Parameter(self.conv.weight * scale.view(-1, 1, 1, 1))
        self.conv.bias = nn.Parameter(bias)
        del self.bn
        self.forward = self.forward_fuse


class CondConv2d(nn.Module):
    """Kernels mixed per picture: W' = Σ α_i W_i; experts are stored flat."""

    def __init__(self, c1, c2, k, s=1, padding=None, d=1, groups=1, bias=False, experts=4):
        super().__init__()
        self.in_channels, self.out_channels = c1, c2
        self.kernel_size, self.stride, self.dilation = (k, k), (s, s), (d, d)
        self.padding = d * (k - 1) // 2 if padding is None else padding
        self.dynamic_padding = False
        self.groups, self.num_experts = groups, experts
        self.weight_shape = (c2, c1 // groups, k, k)
        self.weight_num_param = c2 * (c1 // groups) * k * k
        fan_in = c1 // groups * k * k
        self.weight = nn.Parameter(torch.randn(experts, self.weight_num_param) * fan_in**-0.5)
        self.bias = nn.Parameter(torch.randn(experts, c2) * 0.1) if bias else None

    def forward(self, x, alpha):
        kernels = (alpha @ self.weight).view(-1, *self.weight_shape)
        biases = None if self.bias is None else alpha @ self.bias
        return torch.cat(
            [
                F.conv2d(
                    x[i : i + 1],
                    kernels[i],
                    None if biases is None else biases[i],
                    self.stride,
                    self.padding,
                    self.dilation,
                    self.groups,
                )
                for i in range(len(x))
            ]
        )


class DynamicConv_Single(nn.Module):
    """Sigmoid routing by one Linear over the pooled input."""

    def __init__(self, c1, c2, k=1, s=1, d=1, groups=1, bias=False, experts=4, padding=None):
        super().__init__()
        self.routing = nn.Linear(c1, experts)
        self.cond_conv = CondConv2d(c1, c2, k, s, padding, d, groups, bias, experts)

    def forward(self, x):
        return self.cond_conv(x, torch.sigmoid(self.routing(x.mean((2, 3)))))


class DynamicConv(DynamicConv_Single):
    """The same under the name that stands in model files as a whole layer, without normalisation."""


class SoftmaxDynamicConv(nn.Module):
    """The paper's routing: α = softmax(MLP₂(GAP(x)))."""

    def __init__(self, c1, c2, k=1, s=1, experts=4, hidden=5, act=None):
        super().__init__()
        act = nn.ReLU() if act is None else act
        self.routing = nn.Sequential(nn.Linear(c1, hidden), act, nn.Linear(hidden, experts))
        self.cond_conv = CondConv2d(c1, c2, k, s, experts=experts)

    def forward(self, x):
        return self.cond_conv(x, torch.softmax(self.routing(x.mean((2, 3))), 1))


class DynamicConvBlock(nn.Module):
    """Dynamic convolution, batch normalisation, activation in one Sequential."""

    def __init__(self, c1, c2, k=1, s=1, g=1, bias=False, act=None, experts=4):
        super().__init__()
        self.conv = nn.Sequential(
            DynamicConv_Single(c1, c2, k, s, groups=g, bias=bias, experts=experts),
            nn.BatchNorm2d(c2),
            nn.SiLU() if act is None else act,
        )

    def forward(self, x):
        return self.conv(x)


class Conv_Dynamic(Conv):
    """A `Conv` whose `conv` is dynamic."""

    def __init__(self, c1, c2, k=1, s=1, g=1, act=None, dynamic=None):
        super().__init__(c1, c2, k, s, g=g, act=act)
        self.conv = DynamicConv(c1, c2, k, s, groups=g) if dynamic is None else dynamic


class Bottleneck(nn.Module):
    """Two convolutions with a residual."""

    def __init__(self, c1, c2, shortcut=True, k=(3, 3), act=None):
        super().__init__()
        self.cv1 = Conv(c1, c2, k[0], act=act)
        self.cv2 = Conv(c2, c2, k[1], act=act)
        self.add = shortcut and c1 == c2

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class Bottleneck_DynamicConv(Bottleneck):
    """The same with both 3×3 convolutions dynamic."""

    def __init__(self, c1, c2, shortcut=True):
        super().__init__(c1, c2, shortcut)
        self.cv1 = Conv_Dynamic(c1, c2, 3)
        self.cv2 = Conv_Dynamic(c2, c2, 3)


class C2f(nn.Module):
    """Split, a chain of bottlenecks, concatenation of all the stages."""

    bottleneck = Bottleneck

    def __init__(self, c1, c2, n=1, shortcut=False):
        super().__init__()
        self.c = c2 // 2
        self.cv1 = Conv(c1, 2 * self.c)
        self.cv2 = Conv((2 + n) * self.c, c2)
        self.m = nn.ModuleList(self.bottleneck(self.c, self.c, shortcut) for _ in range(n))

    def forward(self, x):
        stages = list(self.cv1(x).chunk(2, 1))
        for block in self.m:
            stages.append(block(stages[-1]))
        return self.cv2(torch.cat(stages, 1))


class C2f_DynamicConv(C2f):
    """The same with dynamic bottlenecks."""

    bottleneck = Bottleneck_DynamicConv


class C3(nn.Module):
    """Two ways, one with bottlenecks, joined by a third convolution."""

    def __init__(self, c1, c2, n=1, shortcut=True, act=None):
        super().__init__()
        hidden = c2 // 2
        self.cv1 = Conv(c1, hidden, act=act)
        self.cv2 = Conv(c1, hidden, act=act)
        self.cv3 = Conv(2 * hidden, c2, act=act)
        self.m = nn.Sequential(
            *(Bottleneck(hidden, hidden, shortcut, (1, 3), act) for _ in range(n))
        )

    def forward(self, x):
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class SPP(nn.Module):
    """Pools of several sizes side by side."""

    def __init__(self, c1, c2, k=(5, 9, 13)):
        super().__init__()
        self.cv1 = Conv(c1, c1 // 2)
        self.cv2 = Conv(c1 // 2 * (len(k) + 1), c2)
        self.m = nn.ModuleList(nn.MaxPool2d(x, stride=1, padding=x // 2) for x in k)

    def forward(self, x):
        x = self.cv1(x)
        return self.cv2(torch.cat([x] + [pool(x) for pool in self.m], 1))


class SPPF(nn.Module):
    """One pool, three times in a row."""

    def __init__(self, c1, c2, k=5):
        super().__init__()
        self.cv1 = Conv(c1, c1 // 2)
        self.cv2 = Conv(c1 // 2 * 4, c2)
        self.m = nn.MaxPool2d(k, stride=1, padding=k // 2)

    def forward(self, x):
        stages = [self.cv1(x)]
        for _ in range(3):
            stages.append(self.m(stages[-1]))
        return self.cv2(torch.cat(stages, 1))


class Concat(nn.Module):
    """Joins its inputs by channel."""

    def __init__(self, dimension=1):
        super().__init__()
        self.d = dimension

    def forward(self, x):
        return torch.cat(x, self.d)


class DFL(nn.Module):
    """The expectation of a distribution over `bins` distances."""

    def __init__(self, bins=16):
        super().__init__()
        self.conv = nn.Conv2d(bins, 1, 1, bias=False)
        self.conv.weight.data[:] = torch.arange(bins, dtype=torch.float32).view(1, bins, 1, 1)
        self.conv.weight.requires_grad_(False)
        self.c1 = bins

    def forward(self, x):
        n, _, a = x.shape
        return self.conv(x.view(n, 4, self.c1, a).transpose(2, 1).softmax(1)).view(n, 4, a)


class Detect(nn.Module):
    """The head: boxes by DFL, class scores by sigmoid, at each stride."""

    def __init__(self, nc, channels, strides, hidden=6, depth=2):
        super().__init__()
        self.nc, self.nl, self.reg_max = nc, len(channels), 16
        self.no = nc + 4 * self.reg_max
        self.stride = torch.tensor(strides, dtype=torch.float32)
        bins = 4 * self.reg_max
        self.cv2 = nn.ModuleList(self.branch(c, hidden, depth, bins) for c in channels)
        self.cv3 = nn.ModuleList(self.branch(c, hidden + 1, depth, nc) for c in channels)
        self.dfl = DFL(self.reg_max)

    @staticmethod
    def branch(c, hidden, depth, out):
        convs = [Conv(c if i == 0 else hidden, hidden, 3) for i in range(depth)]
        return nn.Sequential(*convs, nn.Conv2d(hidden, out, 1))

    def forward(self, inputs):
        boxes, scores, anchors, strides = [], [], [], []
        for i, x in enumerate(inputs):
            n, _, h, w = x.shape
            boxes.append(self.cv2[i](x).flatten(2))
            scores.append(self.cv3[i](x).flatten(2))
            y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
            anchors.append(torch.stack([x.flatten(), y.flatten()]))
            strides.append(torch.full((h * w,), float(self.stride[i])))
        anchor, stride = torch.cat(anchors, 1).double(), torch.cat(strides).double()
        distance = self.dfl(torch.cat(boxes, 2))
        top_left, bottom_right = anchor - distance[:, :2], anchor + distance[:, 2:]
        centre, size = (top_left + bottom_right) / 2, bottom_right - top_left
        return torch.cat(
            [centre * stride, size * stride, torch.cat(scores, 2).sigmoid()], 1
        )


class DetectionModel(nn.Module):
    """Layers wired by `f` (inputs, relative or absolute) and `i` (index)."""

    def __init__(self, layers, names, strides):
        super().__init__()
        self.model = nn.Sequential(*(module for _, module in layers))
        for i, (source, module) in enumerate(layers):
            module.i, module.f = i, source
            module.type = f"standins.{type(module).__name__}"
        self.save = sorted(
            {x % len(layers) for f, _ in layers for x in ([f] if isinstance(f, int) else f) if x != -1}
        )
        self.names = dict(enumerate(names))
        self.nc = len(names)
        self.stride = torch.tensor(strides, dtype=torch.float32)
        self.yaml = {"nc": self.nc, "channels": 3, "backbone": [[-1, 1, "Conv", [8, 3, 2]]]}
        self.task = "detect"

    def forward(self, x):
        outputs = []
        for layer in self.model:
            if isinstance(layer.f, int):
                x = x if layer.f == -1 else outputs[layer.f]
            else:
                x = [x if f == -1 else outputs[f] for f in layer.f]
            x = layer(x)
            outputs.append(x)
        return x


class Buffers(nn.Module):
    """Only tensors."""
