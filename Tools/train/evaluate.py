"""Measures a model through `dynadetect`: on held-out scenes, or on a folder of pictures with boxes.

    python3 Tools/train/evaluate.py BINARY [DIR] [--model FILE] [--sheet OUT.png]

DIR holds gt.json, a list of {file, width, height, boxes: [{x1, y1, x2, y2, format}]}, and the pictures in img/. Files
without boxes are negatives. Prints mAP, then for the chosen confidence recall, precision and how many negatives fired,
by class and by size, with 95 % intervals; then the same at other confidences.
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from contact import drawn, save, sheet
from evaluation.metrics import class_precisions, interval, matches
from scenes.symbols import CLASSES

KINDS = {"QR": 1, "MicroQR": 1, "RMQR": 1, "DataMatrix": 2, "Aztec": 3, "PDF417": 4, "MicroPDF417": 4, "MaxiCode": 5}
RETAIL = ("EAN", "UPC")
LEAST = 0.01
SEED = 90001


def kind(format):
    """The class of a format as zxing-cpp names it."""
    for name, number in KINDS.items():
        if format.startswith(name) or format.endswith("PDF417") and number == 4:
            return number
    return 0


def group(format):
    """The groups that results are asked for."""
    if kind(format) == 1:
        return "QR"
    if kind(format) > 1:
        return "other matrix"
    return "EAN/UPC" if format.startswith(RETAIL) else "other linear"


def folder_pictures(folder):
    """(file, rows class x1 y1 x2 y2, formats) of each picture."""
    result = []
    for item in json.loads((folder / "gt.json").read_text()):
        rows = [[kind(b["format"]), b["x1"], b["y1"], b["x2"], b["y2"]] for b in item["boxes"]]
        result.append((folder / "img" / item["file"], table(rows, 5), [b["format"] for b in item["boxes"]]))
    return result


def scene_pictures(materials, work, count, side):
    from scenes.materials import Materials
    from scenes.scene import SceneMaker

    maker = SceneMaker(Materials(materials), held_out=True)
    result = []
    for i in range(count):
        scene = maker.make(SEED, i, side)
        file = Path(work) / f"{i}.png"
        cv2.imwrite(str(file), scene.image[..., ::-1])
        result.append((file, scene.boxes, [CLASSES[int(k)] for k in scene.boxes[:, 0]]))
    return result


def table(rows, columns):
    return np.array(rows, np.float64).reshape(-1, columns)


def detect(binary, files, options):
    """Rows x1 y1 x2 y2 score class of each file, best first."""
    found = []
    for i in range(0, len(files), 50):
        part = [str(f) for f in files[i : i + 50]]
        command = [binary, "detect", "--conf", str(LEAST), "--workers", "1", *options, *part]
        reply = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for one in reply["results"] if len(part) > 1 else [reply]:
            rows = [
                [*(d["box"][k] for k in ("x1", "y1", "x2", "y2")), d["confidence"], d["class_id"]]
                for d in one["detections"]
            ]
            found.append(table(rows, 6))
    return found


def share(hits, total):
    low, high = interval(hits, total)
    return f"{hits / max(1, total):.3f} [{low:.2f}, {high:.2f}] {hits}/{total}"


def size_name(box, shape):
    part = max((box[2] - box[0]) / shape[1], (box[3] - box[1]) / shape[0])
    return "small < 0.2" if part < 0.2 else "medium < 0.5" if part < 0.5 else "large"


def at_confidence(pictures, found, confidence, shapes=None):
    """Counts at one confidence; IoU 0.5, class right and any class."""
    total, right, any_class = Counter(), Counter(), Counter()
    called, hits, alarms, negatives, fired = 0, 0, 0, 0, 0
    confused = Counter()
    for n, ((_, there, formats), rows) in enumerate(zip(pictures, found)):
        rows = rows[rows[:, 4] > confidence]
        negatives += not len(there)
        fired += not len(there) and len(rows) > 0
        of = matches(rows[:, :4], there[:, 1:], 0.5)
        answered = {int(j): int(rows[i, 5]) for i, j in enumerate(of) if j >= 0}
        for j, format in enumerate(formats):
            names = [CLASSES[int(there[j, 0])], group(format)]
            if shapes:
                names.append(size_name(there[j, 1:], shapes[n]))
            for name in names:
                total[name] += 1
                any_class[name] += j in answered
                right[name] += answered.get(j, -1) == there[j, 0]
            confused[CLASSES[int(there[j, 0])], CLASSES[answered[j]] if j in answered else "missed"] += 1
        if len(there):
            called += len(rows)
            hits += sum(answered[int(j)] == there[int(j), 0] for j in of if j >= 0)
    return total, right, any_class, (hits, called), (fired, negatives), confused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--imgsz", type=int)
    parser.add_argument("--conf", type=float, default=0.4)
    parser.add_argument("--sheet", type=Path, help="draw misses and false alarms here")
    parser.add_argument("--count", type=int, default=500, help="held-out scenes")
    parser.add_argument("--side", type=int, default=416, help="of held-out scenes, pixels")
    parser.add_argument("--materials", type=Path, default=Path.home() / ".cache/dynadetect/train/materials")
    options = parser.parse_args()
    extra = ["--model", str(options.model)] if options.model else []
    extra += ["--imgsz", str(options.imgsz)] if options.imgsz else []
    with tempfile.TemporaryDirectory() as work:
        if options.folder:
            pictures = folder_pictures(options.folder)
        else:
            pictures = scene_pictures(options.materials, work, options.count, options.side)
        found = detect(options.binary, [file for file, *_ in pictures], extra)
        shapes = [cv2.imread(str(file)).shape[:2] for file, *_ in pictures]
        report(pictures, found, shapes, options)
        if options.sheet:
            draw(pictures, found, options)


def report(pictures, found, shapes, options):
    precisions = class_precisions([(f, there) for f, (_, there, _) in zip(found, pictures)], range(len(CLASSES)))
    mean = np.array(list(precisions.values()))
    print(f"{len(pictures)} pictures: mAP50 {mean[:, 0].mean():.3f}, mAP50-95 {mean.mean():.3f}")
    for number, row in precisions.items():
        print(f"  {CLASSES[number]:12} AP50 {row[0]:.3f}  AP50-95 {np.mean(row):.3f}")
    total, right, any_class, (hits, called), (fired, negatives), confused = at_confidence(
        pictures, found, options.conf, shapes
    )
    print(f"at confidence {options.conf}: recall with the right class, and with any")
    for name in total:
        print(f"  {name:12} {share(right[name], total[name]):30} any {any_class[name] / total[name]:.3f}")
    print(f"  precision {share(hits, called)}, negatives that fired {fired} of {negatives}")
    wrong = {f"{a} as {b}": n for (a, b), n in confused.most_common() if a != b}
    print("  mistaken:", ", ".join(f"{k} {v}" for k, v in wrong.items()))
    print("confidence  recall  precision  negatives")
    for confidence in (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7):
        total, right, _, (hits, called), (fired, negatives), _ = at_confidence(pictures, found, confidence)
        there = sum(total[name] for name in CLASSES)
        good = sum(right[name] for name in CLASSES)
        print(f"  {confidence:8} {good / max(1, there):8.3f} {hits / max(1, called):9.3f}  {fired}/{negatives}")


def draw(pictures, found, options, most=80):
    """Pictures with a miss, a wrong class or a false alarm: what is there in its class's colour, what is found with
    its score beside it."""
    tiles = []
    for (file, there, _), rows in zip(pictures, found):
        rows = rows[rows[:, 4] > options.conf]
        of = matches(rows[:, :4], there[:, 1:], 0.5)
        well = [j >= 0 and rows[i, 5] == there[j, 0] for i, j in enumerate(of)]
        if len(tiles) == most or (all(well) and len(rows) == len(there)):
            continue
        image = cv2.imread(str(file))[..., ::-1]
        tile = drawn(image, there, 260)
        boxes = [(int(r[5]), *r[:4]) for r in rows]
        names = [f"{CLASSES[int(r[5])]} {r[4]:.2f}" for r in rows]
        tiles.append(np.hstack([tile, drawn(image, boxes, 260, names)]))
    if tiles:
        save(options.sheet, sheet(tiles, 5))


if __name__ == "__main__":
    main()
