"""Which cell answers for which object, and what its mistakes cost."""

import torch
import torch.nn.functional as F

from .boxes import complete_iou, decode, iou

TOP = 10
SCORE_POWER, OVERLAP_POWER = 0.5, 6.0
BOX_WEIGHT, CLASS_WEIGHT, SIDE_WEIGHT = 7.5, 1.0, 1.5


@torch.no_grad()
def assign(boxes, scores, points, truth, labels, present):
    """Task-aligned assignment (Feng et al., TOOD).

    Each object takes the TOP cells with centres inside it whose score^0.5 · IoU^6 is highest; a cell wanted
    by several goes to the object it overlaps most. An object without any takes the nearest cell.
    Gives, for each cell: whether it is taken, by which object, and its target score.
    """
    n, cells, _ = boxes.shape
    objects = truth.shape[1]
    inside = (points > truth[:, :, None, :2]).all(-1) & (points < truth[:, :, None, 2:]).all(-1)
    inside &= present[..., None]
    overlap = iou(truth[:, :, None], boxes[:, None]).clamp(0)
    score = scores.transpose(1, 2).gather(1, labels[..., None].expand(n, objects, cells))
    fitness = score.pow(SCORE_POWER) * overlap.pow(OVERLAP_POWER) * inside
    best, index = fitness.topk(min(TOP, cells), -1)
    taken = torch.zeros_like(inside).scatter_(2, index, best > 1e-9)
    lonely = present & ~taken.any(-1)
    if lonely.any():
        centre = (truth[..., :2] + truth[..., 2:]) / 2
        nearest = (points - centre[:, :, None]).square().sum(-1).argmin(-1, keepdim=True)
        taken |= torch.zeros_like(taken).scatter_(2, nearest, lonely[..., None])
    owner = torch.where(taken, overlap + 1e-6, overlap.new_zeros(())).argmax(1)
    taken &= torch.zeros_like(taken).scatter_(1, owner[:, None], True)
    fitness, overlap = (fitness + 1e-9) * taken, overlap * taken
    target = fitness / fitness.amax(-1, keepdim=True).clamp(1e-9) * overlap.amax(-1, keepdim=True)
    return taken.any(1), owner, target.amax(1)


def detection_loss(maps, shape, strides, truth, labels, present, smears):
    """The loss of a batch, and its three parts (box, class, side) as numbers.

    truth [N, G, 4] corners in pixels, labels [N, G], present [N, G] (False where a picture has fewer). Cells that touch
    one of smears [N, S, 4] and answer for no object may say what they will.
    """
    boxes, logits, sides, points, steps = decode([one.float() for one in maps], strides, shape.bins)
    taken, owner, target = assign(boxes.detach(), logits.detach().sigmoid(), points, truth, labels, present)
    picture, cell = taken.nonzero(as_tuple=True)
    which = owner[picture, cell]
    weight = target[picture, cell]
    wanted = torch.zeros_like(logits)
    wanted[picture, cell, labels[picture, which]] = weight
    total = weight.sum().clamp(1)
    heard = (taken | ~_touched(points, steps, smears))[..., None].expand_as(logits)
    class_loss = F.binary_cross_entropy_with_logits(logits, wanted, heard.to(logits.dtype), reduction="sum") / total
    goal = truth[picture, which]
    box_loss = ((1 - complete_iou(boxes[picture, cell], goal)) * weight).sum() / total
    side_loss = (_side_loss(sides[picture, cell], points[cell], steps[cell], goal) * weight).sum() / total
    loss = BOX_WEIGHT * box_loss + CLASS_WEIGHT * class_loss + SIDE_WEIGHT * side_loss
    return loss, (box_loss.item(), class_loss.item(), side_loss.item())


def _touched(points, steps, areas):
    """Whether each cell [N, A] shares pixels with one of the areas [N, S, 4]."""
    low, high = areas[:, :, None, :2], areas[:, :, None, 2:]
    return ((points + steps / 2 > low) & (points - steps / 2 < high)).all(-1).any(1)


def _side_loss(logits, points, steps, goal):
    """Distribution focal loss: the two bins beside the true distance share the probability (Li et al.)."""
    bins = logits.shape[-1]
    distance = torch.cat([points - goal[:, :2], goal[:, 2:] - points], 1) / steps
    distance = distance.clamp(0, bins - 1.01)
    low = distance.long()
    part = distance - low
    flat = logits.reshape(-1, bins)
    below = F.cross_entropy(flat, low.view(-1), reduction="none").view_as(distance)
    above = F.cross_entropy(flat, low.view(-1) + 1, reduction="none").view_as(distance)
    return (below * (1 - part) + above * part).mean(1)
