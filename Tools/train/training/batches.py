"""Batches of fresh scenes, made ahead by other processes, the same ones however often a run is interrupted."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from scenes.materials import Materials
from scenes.scene import SceneMaker, canvas
from training.pictures import PictureMaker

#: Towards the end no mosaics are made: the last scenes look as pictures do.
MOSAIC_UNTIL = 0.85
PIXELS_SIDE = 320
#: Codes are first learnt on small pictures, of which more are seen in the time.
SMALL_UNTIL = 0.5
SMALL_SIDE_MAX = 320


@dataclass
class Batch:
    pictures: torch.Tensor  # (N, 3, H, W), 0…1
    boxes: torch.Tensor  # (N, G, 4) corners in pixels
    labels: torch.Tensor  # (N, G)
    present: torch.Tensor  # (N, G)
    smears: torch.Tensor  # (N, S, 4) corners of what is neither an object nor background; empty where there are fewer


class Plan(Dataset):
    """Batch number i of a run: its size, its scenes."""

    def __init__(self, materials, values):
        self.materials, self.values = Materials(materials), values
        self.maker = None

    def __len__(self):
        return self.values["steps"]

    def __getitem__(self, step):
        if self.maker is None:  # once in each process
            data = self.values["data"]
            self.maker = PictureMaker(Path(data)) if data else SceneMaker(self.materials)
        values = self.values
        rng = np.random.default_rng([values["seed"], 7, step])
        sides = values["sides"]
        if step < SMALL_UNTIL * values["steps"]:
            sides = [side for side in sides if side <= SMALL_SIDE_MAX] or sides
        size = canvas(rng, int(rng.choice(sides)))
        # Small pictures come in large batches: every step has about the same number of pixels.
        count = max(2, round(values["batch"] * PIXELS_SIDE**2 / (size[0] * size[1])))
        mosaic = step < MOSAIC_UNTIL * values["steps"]
        first = step * 64
        numbers = range(first, first + count)
        if values["fixed_scenes"]:
            numbers = rng.integers(0, values["fixed_scenes"], count)
        scenes = [self.maker.make(values["seed"], int(i), size, mosaic) for i in numbers]
        boxes = padded([scene.boxes for scene in scenes])
        smears = padded([scene.smears for scene in scenes])
        return np.stack([scene.image for scene in scenes]), boxes, smears


def padded(tables):
    """Tables of rows (class, corners) as one, with rows of −1 where one has fewer."""
    result = np.full((len(tables), max(1, *map(len, tables)), 5), -1, np.float32)
    for row, table in zip(result, tables):
        row[: len(table)] = table
    return result


class Batches:
    def __init__(self, materials, values, begin, workers):
        self.loader = DataLoader(
            Plan(materials, values),
            sampler=range(begin, values["steps"]),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        for arrays in self.loader:
            pictures, boxes, smears = map(torch.as_tensor, arrays)
            present = boxes[..., 0] >= 0
            yield Batch(
                pictures.permute(0, 3, 1, 2).float() / 255,
                boxes[..., 1:].contiguous(),
                boxes[..., 0].clamp(0).long(),
                present,
                smears[..., 1:].contiguous(),
            )
