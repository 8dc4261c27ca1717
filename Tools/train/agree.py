"""Holds `dynadetect` to PyTorch with an exported model: raw output, and the boxes of pictures.

    python3 Tools/train/agree.py BINARY MODEL.safetensors PICTURE…

Pictures are letterboxed by OpenCV and go through the network of `detector/` in float64, with the file's weights. Raw
output is measured against the picture's side (coordinates) and 1 (scores); boxes are the same when each has a partner of
its class within half a pixel and 1e-3 of its score. Exits with 1 where raw output is off by more than 1e-4 or boxes differ.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import safe_open

from detector.boxes import raw_output
from detector.network import Detector, Shape
from evaluation.detectors import dynadetect
from evaluation.metrics import overlaps

PADDING, STEP = 114, 32
RAW_MOST = 1e-4
CONFIDENCE, IOU, BOXES_MAX = 0.25, 0.7, 300  # where the file says nothing


def load(file):
    """The network of an exported model in float64, and the file's metadata."""
    with safe_open(file, "pt") as tensors:
        metadata = tensors.metadata()
        weights = {name: tensors.get_tensor(name).double() for name in tensors.keys()}
    plan = json.loads(metadata["architecture"])
    widths = [args[1] for _, name, args in plan["layers"] if name == "Conv"][:5]
    depths = [args[2] for _, name, args in plan["layers"] if name.startswith("C2f")][:4]
    shape = Shape(plan["nc"], tuple(widths), tuple(depths), plan["num_experts"], plan["reg_max"])
    network = Detector(shape).double().eval()
    counts = {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")}
    network.load_state_dict(weights | counts)
    return network, metadata


def letterbox(image, side):
    """The picture in its frame, the scale of each axis, and the border at the left and top."""
    h, w = image.shape[:2]
    gain = min(side / h, side / w)
    inner = round(w * gain), round(h * gain)
    spare = [(-size % STEP) / 2 for size in inner]
    (left, right), (top, bottom) = ((round(half - 0.1), round(half + 0.1)) for half in spare)
    if inner != (w, h):
        image = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    framed = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(PADDING,) * 3)
    return framed, np.array([inner[0] / w, inner[1] / h]), np.array([left, top])


def suppressed(raw, confidence, iou, is_agnostic):
    """Rows x1 y1 x2 y2 score class of one picture's raw output, best first."""
    scores = raw[4:]
    number, score = scores.argmax(0), scores.max(0)
    keep = np.flatnonzero(score > confidence)
    keep = keep[np.argsort(-score[keep], kind="stable")]
    centre, half = raw[:2, keep].T, raw[2:4, keep].T / 2
    rows = np.column_stack([centre - half, centre + half, score[keep], number[keep]])
    taken = []
    while len(rows) and len(taken) < BOXES_MAX:
        best, rows = rows[0], rows[1:]
        taken.append(best)
        over = overlaps(best[None, :4], rows[:, :4])[0] > iou
        rows = rows[~(over & (is_agnostic | (rows[:, 5] == best[5])))]
    return np.array(taken).reshape(-1, 6)


def same(ours, theirs):
    """Whether each box has its partner."""
    if len(ours) != len(theirs):
        return False
    left = list(theirs)
    for row in ours:
        near = [
            i
            for i, one in enumerate(left)
            if one[5] == row[5] and abs(one[4] - row[4]) < 1e-3 and abs(one[:4] - row[:4]).max() < 0.5
        ]
        if not near:
            return False
        left.pop(near[0])
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", nargs="+", type=Path)
    options = parser.parse_args()
    network, metadata = load(options.model)
    confidence, iou = float(metadata.get("confidence", CONFIDENCE)), float(metadata.get("iou", IOU))
    asked = ["--model", str(options.model), "--conf", str(confidence)]
    found = dynadetect(options.binary, options.pictures, asked)
    worst, different, boxes = 0.0, [], 0
    with tempfile.TemporaryDirectory() as work:
        given, got = Path(work) / "x.npy", Path(work) / "y.npy"
        for file, rows in zip(options.pictures, found):
            image = cv2.imread(str(file), cv2.IMREAD_COLOR)
            framed, gain, border = letterbox(image, int(metadata["imgsz"]))
            x = framed[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
            with torch.no_grad():
                maps = network(torch.from_numpy(x).double())
            raw = raw_output(maps, network.strides, network.shape.bins)[0].numpy()
            np.save(given, x)
            subprocess.run(
                [options.binary, "run", *asked[:2], "--input", given, "--output", got], check=True, capture_output=True
            )
            scale = np.array([max(framed.shape[:2])] * 4 + [1] * network.shape.classes)[:, None]
            worst = max(worst, float((abs(np.load(got)[0] - raw) / scale).max()))
            expected = suppressed(raw, confidence, iou, metadata.get("agnostic") == "true")
            expected[:, :4] = (expected[:, :4] - np.tile(border, 2)) / np.tile(gain, 2)
            expected[:, :4] = expected[:, :4].clip(0, np.tile([image.shape[1], image.shape[0]], 2))
            boxes += len(expected)
            if not same(expected, rows):
                different.append(file.name)
    print(f"{len(found)} pictures: raw output within {worst:.1e}; {boxes} boxes, pictures that differ: {len(different)}")
    print(*different, sep="\n")
    if worst > RAW_MOST or different:
        sys.exit(1)


if __name__ == "__main__":
    main()
