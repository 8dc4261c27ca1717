"""A detector without its routing: every dynamic convolution mixes its kernels by constants."""

import torch

from .network import Detector, DynamicConv, Shape


def dynamic_layers(network):
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, DynamicConv)}


def hold_at_half(network):
    """All experts in equal parts, as routing begins: more parameters to train, nothing for a picture to choose."""
    for layer in dynamic_layers(network).values():
        layer.frozen = torch.full((1, layer.routing.out_features), 0.5)


@torch.no_grad()
def hold_at_mean(network, batches):
    """Each layer's α as it is on average over the pictures of some batches."""
    layers = dynamic_layers(network)
    sums = {name: torch.zeros(layer.routing.out_features, dtype=torch.float64) for name, layer in layers.items()}
    count = 0

    def summed(name):
        def hook(layer, inputs):
            sums[name] += layer.alpha(inputs[0]).double().sum(0)

        return hook

    hooks = [layer.register_forward_pre_hook(summed(name)) for name, layer in layers.items()]
    for pictures in batches:
        network(pictures)
        count += len(pictures)
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        layer.frozen = (sums[name] / count).float()[None]


@torch.no_grad()
def folded(network):
    """The static detector that a network with held routing is: one kernel a layer, already mixed."""
    static = Detector(Shape.of(network.shape.json() | {"experts": 1})).eval()
    weights, layers = network.state_dict(), dynamic_layers(network)
    own = {}
    for name in static.state_dict():
        layer = layers.get(name.removesuffix(".weight"))
        if layer is None:
            own[name] = weights[name]
        else:
            c_out, c_in, k, _ = layer.geometry
            own[name] = (layer.frozen @ layer.cond_conv.weight).view(c_out, c_in, k, k)
    static.load_state_dict(own)
    return static
