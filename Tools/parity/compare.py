"""Compares dynadetect with Ultralytics' own predict, and with the same network in float64.

python compare.py BINARY MODELS PICTURES prints a table and exits 1 when a figure is out of bounds:

- boxes: as many as predict finds, each with IoU >= 0.99 and a confidence within 1e-3. A box more or less
  is allowed only where the reference itself stands on the edge: a confidence within 1e-3 of the
  threshold, a neighbour whose IoU is within 5e-3 of the NMS threshold, or, where as many boxes are found
  as may be, a confidence within 1e-3 of the last one's.
- raw output, on two letterboxed photographs at once: max |ours - float64| / max |float64| <= 1e-4, for
  coordinates (in pixels) and for scores (0...1) each.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
import models  # noqa: F401: the classes that the checkpoints name
from ultralytics import YOLO

CONFIDENCE, IOU, BOXES_MAX = 0.25, 0.7, 300


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of every box of a with every box of b, corners."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    area = lambda x: np.prod(x[:, 2:4] - x[:, :2], axis=1)  # noqa: E731
    return both / (area(a)[:, None] + area(b)[None] - both + 1e-9)


def ours(binary: str, model: Path, picture: Path) -> np.ndarray:
    """Rows x1 y1 x2 y2 confidence class."""
    command = [binary, "detect", "--model", model, "--conf", str(CONFIDENCE), "--iou", str(IOU), picture]
    reply = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    rows = [
        [*(d["box"][k] for k in ("x1", "y1", "x2", "y2")), d["confidence"], d["class_id"]]
        for d in reply["detections"]
    ]
    return np.array(rows, np.float64).reshape(-1, 6)


def on_an_edge(row: np.ndarray, others: np.ndarray) -> bool:
    """Whether rounding may decide if this box is there."""
    same = others[others[:, 5] == row[5]]
    near = np.abs(iou(row[None], same)[0] - IOU) < 5e-3 if len(same) else np.array([])
    last = others[:, 4].min() if len(others) >= BOXES_MAX else CONFIDENCE
    return abs(row[4] - last) < 1e-3 or bool(near.any())


def compare_boxes(reference: np.ndarray, found: np.ndarray) -> tuple[float, float, int, list]:
    """Worst IoU, worst difference of confidence, boxes on an edge, and boxes that differ."""
    worst_iou, worst_confidence, edges, wrong = 1.0, 0.0, 0, []
    free = set(range(len(found)))
    for row in reference:
        best = max(
            (i for i in free if found[i, 5] == row[5]),
            key=lambda i: iou(row[None], found[i : i + 1])[0, 0] - abs(row[4] - found[i, 4]),
            default=None,
        )
        overlap = iou(row[None], found[best : best + 1])[0, 0] if best is not None else 0
        if overlap < 0.9:
            edges, wrong = (edges + 1, wrong) if on_an_edge(row, reference) else (edges, wrong + [row])
            continue
        free.remove(best)
        worst_iou = min(worst_iou, overlap)
        worst_confidence = max(worst_confidence, abs(found[best, 4] - row[4]))
    for i in free:
        if on_an_edge(found[i], np.vstack([reference, found])):
            edges += 1
        else:
            wrong.append(found[i])
    return worst_iou, worst_confidence, edges, wrong


def letterboxed(path: Path, height: int = 320, width: int = 448) -> np.ndarray:
    """A photograph on a grey frame, (3, height, width), 0...1."""
    picture = cv2.imread(str(path))
    ratio = min(height / picture.shape[0], width / picture.shape[1])
    small = cv2.resize(picture, None, fx=ratio, fy=ratio)[:height, :width]
    frame = np.full((height, width, 3), 114, np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame[..., ::-1].transpose(2, 0, 1).astype(np.float32) / 255


def raw_errors(binary: str, path: Path, network: torch.nn.Module, pictures: list) -> tuple[float, float]:
    """Relative errors of coordinates and scores on photographs, as one batch."""
    given = np.stack([letterboxed(picture) for picture in pictures])
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "x.npy"), Path(folder, "y.npy")
        np.save(source, given)
        subprocess.run([binary, "run", "--model", path, "--input", source, "--output", target], check=True)
        got = np.load(target)
    with torch.no_grad():
        wanted = network(torch.from_numpy(given).double())
    wanted = (wanted[0] if isinstance(wanted, (tuple, list)) else wanted).numpy()
    assert got.shape == wanted.shape, (got.shape, wanted.shape)
    relative = lambda part: np.abs(got[part] - wanted[part]).max() / np.abs(wanted[part]).max()  # noqa: E731
    return relative(np.s_[:, :4]), relative(np.s_[:, 4:])


def main(binary: str, folder: Path, pictures: Path) -> int:
    failed = 0
    print(f"{'model':15} {'picture':14} {'boxes':>11} {'IoU':>9} {'conf':>8}  edge")
    for path in sorted(folder.glob("*.pt")):
        reference = YOLO(path)
        for picture in models.photographs(pictures):
            result = reference.predict(
                picture, conf=CONFIDENCE, iou=IOU, device="cpu", verbose=False, save=False
            )[0]
            wanted = result.boxes.data.numpy().astype(np.float64)
            got = ours(binary, path, picture)
            overlap, confidence, edges, wrong = compare_boxes(wanted, got)
            bad = bool(wrong) or overlap < 0.99 or confidence > 1e-3 or edges > 1
            failed += bad
            print(
                f"{path.stem:15} {picture.name[:14]:14} {len(wanted):5} {len(got):5} "
                f"{overlap:9.6f} {confidence:8.1e}  {edges}{'  WRONG' if bad else ''}"
            )
            for row in wrong:
                print("   only one side has", np.round(row, 4))
        network = YOLO(path).model.double().eval()
        head = network.model[-1]
        head.export, head.format = False, None
        photographs = models.photographs(pictures)
        for pair in (photographs[:2], photographs[2:4]):
            boxes, scores = raw_errors(binary, path, network, pair)
            bad = not (boxes <= 1e-4 and scores <= 1e-4)
            failed += bad
            print(f"{path.stem:15} raw output, coordinates {boxes:.1e}, scores {scores:.1e}{'  WRONG' if bad else ''}")
    print("parity:", "all within bounds" if not failed else f"{failed} out of bounds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
