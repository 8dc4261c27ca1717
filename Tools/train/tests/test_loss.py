"""The assignment and the loss, on a head small enough to reason about."""

import unittest

import torch

from detector.boxes import decode, iou
from detector.loss import detection_loss
from detector.network import SIZES, Detector


class LossTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.network = Detector(SIZES["tiny"])
        self.picture = torch.rand(2, 3, 64, 96)

    def loss(self, boxes, present, smears=torch.full((2, 1, 4), -1.0)):
        labels = torch.zeros(present.shape, dtype=torch.long)
        return detection_loss(
            self.network(self.picture), self.network.shape, self.network.strides, boxes, labels, present, smears
        )

    def test_a_batch_without_objects_has_a_finite_loss(self):
        loss, parts = self.loss(torch.zeros(2, 1, 4), torch.zeros(2, 1, dtype=torch.bool))
        self.assertTrue(torch.isfinite(loss))
        self.assertEqual(parts[0], 0)

    def test_an_object_smaller_than_a_cell_still_has_one(self):
        box = torch.tensor([[[41.0, 33.0, 43.0, 35.0]]]).expand(2, 1, 4)
        _, parts = self.loss(box, torch.ones(2, 1, dtype=torch.bool))
        self.assertGreater(parts[2], 0)

    def test_a_smear_silences_the_cells_it_touches_and_no_others(self):
        nothing = torch.zeros(2, 1, 4), torch.zeros(2, 1, dtype=torch.bool)
        half = torch.tensor([[[-1.0, -1.0, 97.0, 31.0]]]).expand(2, 1, 4)
        whole = torch.tensor([[[-1.0, -1.0, 97.0, 65.0]]]).expand(2, 1, 4)
        heard, some, none = (self.loss(*nothing, *smears)[1][1] for smears in ((), (half,), (whole,)))
        self.assertEqual(none, 0)
        self.assertTrue(0.4 * heard < some < 0.6 * heard)

    def test_an_object_is_heard_on_a_smear(self):
        box = torch.tensor([[[8.0, 8.0, 72.0, 56.0]]]).expand(2, 1, 4)
        _, parts = self.loss(box, torch.ones(2, 1, dtype=torch.bool), box)
        self.assertGreater(parts[1], 0)

    def test_scales_have_the_cells_their_strides_say(self):
        boxes, logits, *_ = decode(self.network(self.picture), self.network.strides, 16)
        self.assertEqual(boxes.shape, (2, 8 * 12 + 4 * 6 + 2 * 3, 4))

    def test_overlap_of_a_box_with_itself_is_one(self):
        box = torch.tensor([1.0, 2.0, 8.0, 9.0])
        self.assertAlmostEqual(iou(box, box).item(), 1, places=5)


if __name__ == "__main__":
    unittest.main()
