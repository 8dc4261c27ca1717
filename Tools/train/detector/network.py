"""A YOLOv8-style detector whose bottlenecks mix their kernels for each picture.

Modules are named as a checkpoint of that family names them (`model.2.m.0.cv1.conv.routing.weight`), so that
exporting is a copy. `architecture()` writes the list of layers that `dynadetect` builds its network from.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

EPS = 1e-3


@dataclass(frozen=True)
class Shape:
    """What a network is made from."""

    classes: int = 6
    #: Channels after each stride: 2, 4, 8, 16, 32.
    channels: tuple = (16, 32, 32, 64, 128)
    #: Bottlenecks of the four backbone stages; those of the neck have as many as the first.
    depths: tuple = (1, 2, 2, 1)
    #: Kernels that a dynamic convolution mixes; 1 makes every convolution static.
    experts: int = 4
    #: Bins of the distribution over each side's distance.
    bins: int = 16

    def json(self):
        return asdict(self)

    @staticmethod
    def of(values):
        lists = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return Shape(**lists)


#: Sizes by name. A and B are what the built-in model may be; widths are multiples of 16, as the engine's blocks are.
SIZES = {
    "A": Shape(),
    "B": Shape(channels=(16, 32, 64, 128, 128)),
    # A static network of this size has A's parameters, within 0.3 %.
    "A-wide": Shape(channels=(16, 32, 32, 96, 192)),
    "tiny": Shape(channels=(16, 16, 16, 16, 16), depths=(1, 1, 1, 1)),
}


class Conv(nn.Module):
    """Convolution, batch normalisation, SiLU."""

    def __init__(self, c_in, c_out, kernel=1, stride=1, experts=1):
        super().__init__()
        if experts > 1:
            self.conv = DynamicConv(c_in, c_out, kernel, stride, experts)
        else:
            self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(c_out, eps=EPS, momentum=0.03)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)), inplace=True)


class CondConv(nn.Module):
    """Holds the experts, each a flat kernel: [M, c_out · c_in · k²]."""

    def __init__(self, experts, c_in, c_out, kernel):
        super().__init__()
        weight = torch.empty(experts, c_out, c_in, kernel, kernel)
        for expert in weight:
            nn.init.kaiming_uniform_(expert, a=math.sqrt(5))
        # With sigmoids near a half, M independent experts sum to √M / 2 of one kernel's spread.
        self.weight = nn.Parameter(weight.flatten(1) * (2 / math.sqrt(experts)))


class DynamicConv(nn.Module):
    """ParameterNet's dynamic convolution: W' = Σ α_i W_i, α = sigmoid(routing(GAP(x))), for each picture."""

    def __init__(self, c_in, c_out, kernel, stride, experts):
        super().__init__()
        self.geometry = (c_out, c_in, kernel, stride)
        self.routing = nn.Linear(c_in, experts)
        self.cond_conv = CondConv(experts, c_in, c_out, kernel)
        #: Set to hold α fixed, as when asking what the routing is worth.
        self.frozen = None

    def alpha(self, x):
        if self.frozen is not None:
            return self.frozen.to(x.dtype).expand(len(x), -1)
        return torch.sigmoid(self.routing(x.mean((2, 3))))

    def forward(self, x):
        c_out, c_in, k, stride = self.geometry
        n, _, h, w = x.shape
        alpha = self.alpha(x)
        kernels = (alpha @ self.cond_conv.weight.to(alpha.dtype)).view(n * c_out, c_in, k, k)
        # One grouped convolution: each picture is a group with a kernel of its own.
        y = F.conv2d(x.reshape(1, n * c_in, h, w), kernels, None, stride, k // 2, groups=n)
        return y.view(n, c_out, *y.shape[2:])


class Bottleneck(nn.Module):
    def __init__(self, channels, shortcut, experts):
        super().__init__()
        self.cv1 = Conv(channels, channels, 3, 1, experts)
        self.cv2 = Conv(channels, channels, 3, 1, experts)
        self.add = shortcut

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class C2f(nn.Module):
    """Splits, sends one half through bottlenecks, and joins all that came out on the way."""

    def __init__(self, c_in, c_out, depth, shortcut, experts):
        super().__init__()
        half = c_out // 2
        self.cv1 = Conv(c_in, 2 * half)
        self.cv2 = Conv((2 + depth) * half, c_out)
        self.m = nn.ModuleList(Bottleneck(half, shortcut, experts) for _ in range(depth))

    def forward(self, x):
        parts = list(self.cv1(x).chunk(2, 1))
        for block in self.m:
            parts.append(block(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class SPPF(nn.Module):
    def __init__(self, c_in, c_out, kernel=5):
        super().__init__()
        self.cv1, self.cv2, self.kernel = Conv(c_in, c_in // 2), Conv(c_in * 2, c_out), kernel

    def forward(self, x):
        parts = [self.cv1(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], self.kernel, 1, self.kernel // 2))
        return self.cv2(torch.cat(parts, 1))


class DFL(nn.Module):
    """Holds the bins' values, which turn a distribution into a distance."""

    def __init__(self, bins):
        super().__init__()
        self.conv = nn.Conv2d(bins, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data[:] = torch.arange(bins, dtype=torch.float).view(1, bins, 1, 1)


class Detect(nn.Module):
    """For each scale a branch for the four sides and one for the classes."""

    def __init__(self, classes, channels, bins, strides):
        super().__init__()
        box = max(16, channels[0] // 4, 4 * bins)
        score = max(channels[0], min(classes, 100))
        self.cv2 = nn.ModuleList(self.branch(c, box, 4 * bins) for c in channels)
        self.cv3 = nn.ModuleList(self.branch(c, score, classes) for c in channels)
        self.dfl = DFL(bins)
        for box_branch, score_branch, stride in zip(self.cv2, self.cv3, strides):
            box_branch[-1].bias.data[:] = 1
            # About five objects among the cells of a 640-pixel picture.
            score_branch[-1].bias.data[:] = math.log(5 / classes / (640 / stride) ** 2)

    @staticmethod
    def branch(c_in, hidden, c_out):
        return nn.Sequential(Conv(c_in, hidden, 3), Conv(hidden, hidden, 3), nn.Conv2d(hidden, c_out, 1))

    def forward(self, maps):
        return [torch.cat([box(x), score(x)], 1) for x, box, score in zip(maps, self.cv2, self.cv3)]


class Detector(nn.Module):
    """The whole network: pictures (N, 3, H, W) to one map (N, 4 · bins + classes, H/s, W/s) a stride."""

    strides = (8, 16, 32)

    def __init__(self, shape=Shape()):
        super().__init__()
        self.shape = shape
        self.layers = self.plan(shape)
        self.model = nn.ModuleList(self.build(name, args) for _, name, args in self.layers)

    @staticmethod
    def plan(shape):
        """[from, class, arguments] of each layer."""
        c, n = shape.channels, shape.depths
        kind = "C2f_DynamicConv" if shape.experts > 1 else "C2f"
        plan = [[-1, "Conv", [3, c[0], 3, 2]]]
        for i in range(4):
            plan.append([-1, "Conv", [c[i], c[i + 1], 3, 2]])
            plan.append([-1, kind, [c[i + 1], c[i + 1], n[i], True]])
        plan.append([-1, "SPPF", [c[4], c[4], 5]])
        neck = n[0]
        plan += [
            [-1, "Upsample", [2, "nearest"]],
            [[-1, 6], "Concat", [1]],
            [-1, kind, [c[4] + c[3], c[3], neck, False]],
            [-1, "Upsample", [2, "nearest"]],
            [[-1, 4], "Concat", [1]],
            [-1, kind, [c[3] + c[2], c[2], neck, False]],
            [-1, "Conv", [c[2], c[2], 3, 2]],
            [[-1, 12], "Concat", [1]],
            [-1, kind, [c[2] + c[3], c[3], neck, False]],
            [-1, "Conv", [c[3], c[3], 3, 2]],
            [[-1, 9], "Concat", [1]],
            [-1, kind, [c[3] + c[4], c[4], neck, False]],
            [[15, 18, 21], "Detect", [shape.classes, list(c[2:])]],
        ]
        return plan

    def build(self, name, args):
        if name == "Conv":
            return Conv(*args)
        if name.startswith("C2f"):
            return C2f(*args, self.shape.experts)
        if name == "SPPF":
            return SPPF(*args)
        if name == "Detect":
            return Detect(*args, self.shape.bins, self.strides)
        return nn.Identity()  # Upsample and Concat hold nothing; forward() does them

    def forward(self, x):
        made = []
        for (source, name, _), layer in zip(self.layers, self.model):
            inputs = [x if i == -1 else made[i] for i in (source if isinstance(source, list) else [source])]
            if name == "Upsample":
                x = F.interpolate(inputs[0], scale_factor=2.0, mode="nearest")
            elif name == "Concat":
                x = torch.cat(inputs, 1)
            elif name == "Detect":
                x = layer(inputs)
            else:
                x = layer(inputs[0])
            made.append(x)
        return x

    def architecture(self):
        """What `dynadetect` reads from a file's metadata."""
        return {
            "nc": self.shape.classes,
            "strides": list(self.strides),
            "reg_max": self.shape.bins,
            "num_experts": self.shape.experts,
            "bn_eps": EPS,
            "layers": self.layers,
        }

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters() if p.requires_grad)
