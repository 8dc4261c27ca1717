"""Writes scenes as PNG files: python3 -m scenes FOLDER [--seed 2] [--count 200] [--side 352]"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from .materials import Materials
from .scene import INPUT_SIDE, SceneMaker, canvas

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--materials", type=Path, default=Path.home() / ".cache/dynadetect/train/materials")
    parser.add_argument("--seed", type=int, default=2, help="training begins at 1")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--side", type=int, default=INPUT_SIDE, help="longer side, pixels")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    maker, rng = SceneMaker(Materials(options.materials)), np.random.default_rng(options.seed)
    for i in range(options.count):
        scene = maker.make(options.seed, i, canvas(rng, options.side))
        cv2.imwrite(str(options.folder / f"{i:04}.png"), scene.image[..., ::-1])
