"""Boxes as corners, their overlap, and how the head's maps become boxes."""

import math

import torch


def anchor_points(maps, strides):
    """Centres of all cells in pixels [A, 2] and the stride of each [A, 1]."""
    points, steps = [], []
    for one, stride in zip(maps, strides):
        h, w = one.shape[2:]
        y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
        points.append(torch.stack([x, y], -1).view(-1, 2) * stride)
        steps.append(torch.full((h * w, 1), float(stride)))
    return torch.cat(points), torch.cat(steps)


def flatten(maps):
    """The maps of all scales as one: [N, A, channels]."""
    return torch.cat([one.flatten(2) for one in maps], 2).transpose(1, 2)


def decode(maps, strides, bins):
    """Boxes [N, A, 4] in pixels, class logits, side logits [N, A, 4, bins], centres and strides."""
    values = flatten(maps)
    sides = values[..., : 4 * bins].unflatten(-1, (4, bins))
    logits = values[..., 4 * bins :]
    points, steps = anchor_points(maps, strides)
    distance = (sides.softmax(-1) * torch.arange(bins, dtype=sides.dtype)).sum(-1) * steps
    boxes = torch.cat([points - distance[..., :2], points + distance[..., 2:]], -1)
    return boxes, logits, sides, points, steps


def raw_output(maps, strides, bins):
    """What the engine calls raw: [N, 4 + classes, A] with cx, cy, w, h in pixels and scores."""
    boxes, logits, *_ = decode(maps, strides, bins)
    centre, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    return torch.cat([centre, size, logits.sigmoid()], -1).transpose(1, 2)


def iou(a, b):
    """Intersection over union of boxes that broadcast against each other."""
    size = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(0)
    inside = size.prod(-1)
    return inside / (_area(a) + _area(b) - inside + 1e-7)


def complete_iou(a, b):
    """IoU less penalties for distant centres and unlike shapes (Zheng et al., CIoU)."""
    overlap = iou(a, b)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    diagonal = hull.square().sum(-1) + 1e-7
    distance = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).square().sum(-1) / 4
    shape = 4 / math.pi**2 * (_angle(b) - _angle(a)).square()
    with torch.no_grad():
        weight = shape / (shape - overlap + 1 + 1e-7)
    return overlap - distance / diagonal - weight * shape


def _area(box):
    return (box[..., 2:] - box[..., :2]).prod(-1)


def _angle(box):
    size = box[..., 2:] - box[..., :2]
    return torch.atan(size[..., 0] / (size[..., 1] + 1e-7))
