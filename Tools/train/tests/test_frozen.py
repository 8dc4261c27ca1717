"""Routing held still: what is folded into one kernel is what the network was."""

import unittest

import torch

from detector.frozen import dynamic_layers, folded, hold_at_half, hold_at_mean
from detector.network import SIZES, Detector


class FrozenTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)
        self.network = Detector(SIZES["tiny"]).eval()
        for layer in dynamic_layers(self.network).values():
            torch.nn.init.normal_(layer.routing.weight, std=3)
        self.pictures = torch.rand(3, 3, 64, 64)

    def test_a_folded_network_says_what_the_held_one_does(self):
        hold_at_mean(self.network, [self.pictures[:2], self.pictures[2:]])
        static = folded(self.network)
        self.assertEqual(static.shape.experts, 1)
        with torch.no_grad():
            for a, b in zip(self.network(self.pictures), static(self.pictures)):
                torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)

    def test_the_mean_is_taken_over_pictures(self):
        first = next(iter(dynamic_layers(self.network).values()))
        seen = []
        hook = first.register_forward_pre_hook(lambda layer, inputs: seen.append(layer.alpha(inputs[0])))
        with torch.no_grad():
            self.network(self.pictures)
        hook.remove()
        hold_at_mean(self.network, [self.pictures[:2], self.pictures[2:]])
        torch.testing.assert_close(first.frozen[0], seen[0].mean(0), atol=1e-5, rtol=1e-4)

    def test_held_at_half_no_picture_changes_the_mix(self):
        hold_at_half(self.network)
        for layer in dynamic_layers(self.network).values():
            channels = layer.geometry[1]
            self.assertEqual(layer.alpha(torch.rand(2, channels, 4, 4)).unique().tolist(), [0.5])


if __name__ == "__main__":
    unittest.main()
