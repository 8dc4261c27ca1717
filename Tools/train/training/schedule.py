"""The learning rate over a run, and the running average of the weights."""

import copy
import math

import torch

WARM_UP_STEPS = 300
LAST_PART = 0.01


def learning_rate(step, steps, highest):
    """Rises over the first steps, then falls along half a cosine."""
    rise = min(1, (step + 1) / WARM_UP_STEPS)
    fall = 0.5 * (1 + math.cos(math.pi * min(1, step / max(1, steps))))
    return highest * rise * (LAST_PART + (1 - LAST_PART) * fall)


class Average:
    """Weights averaged over about the last thousand steps: what is exported."""

    def __init__(self, network, decay=0.999):
        self.network, self.decay = copy.deepcopy(network).eval(), decay

    @torch.no_grad()
    def update(self, network, step):
        decay = self.decay * (1 - math.exp(-(step + 1) / 500))
        for mean, new in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(new, 1 - decay)
            else:
                mean.copy_(new)
