"""Measures a model through `dynadetect`: on held-out scenes, or on a folder of pictures with boxes.

    python3 Tools/train/evaluate.py BINARY [DIR] [--model FILE] [--sheet OUT.png]

DIR holds gt.json, a list of {file, width, height, boxes: [{x1, y1, x2, y2, format}]}, and the pictures in img/. Files
without boxes are negatives. Prints a line for each precision and for OpenCV's detectors, then for the first precision
the figures by class, group and size, and how they change with the confidence. Of held-out scenes, codes too coarse to be told
(scenes/scene.py says which) are neither asked for nor wrong to find, unless --every-code is given.
"""

import argparse
import tempfile
from pathlib import Path

from evaluation import pictures, report
from evaluation.detectors import Refused, default_confidence, dynadetect, opencv
from scenes.scene import INPUT_SIDE

BUILT_IN = Path(__file__).parents[2] / "Sources/CBuiltInModel/BuiltIn.safetensors"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--model", type=Path, default=BUILT_IN, help="the built-in one unless given")
    parser.add_argument("--imgsz", type=int, help="the model's own unless given")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16", "int8"])
    parser.add_argument("--conf", type=float, help="the model's own unless given")
    parser.add_argument("--sheet", type=Path, help="draw misses and false alarms here")
    parser.add_argument("--count", type=int, default=2000, help="held-out scenes")
    parser.add_argument("--every-code", action="store_true", help="ask held-out scenes for codes too coarse to be told too")
    parser.add_argument("--side", type=int, default=INPUT_SIDE, help="longer side of held-out scenes, pixels")
    parser.add_argument("--materials", type=Path, default=Path.home() / ".cache/dynadetect/train/materials")
    return parser.parse_args()


def main():
    options = arguments()
    size = ["--imgsz", str(options.imgsz)] if options.imgsz else []
    with tempfile.TemporaryDirectory() as work:
        if options.folder:
            asked = pictures.of_folder(options.folder)
        else:
            asked = pictures.of_scenes(options.materials, work, options.count, options.side, options.every_code)
        files = [picture.file for picture in asked]
        confidence = options.conf
        if confidence is None:
            confidence = default_confidence(options.binary, options.model)
        print(f"{len(asked)} pictures, confidence {confidence:.2f}\n")
        print(f"{'':8} {'mAP50':>7} {'50-95':>7}  {'recall':28} {'precision':28} negatives")
        first = None
        for precision in options.precision:
            try:
                found = dynadetect(options.binary, files, ["--model", str(options.model), *size, "--precision", precision])
                found = [picture.judged(rows) for picture, rows in zip(asked, found)]
            except Refused as refusal:
                print(f"{precision:8} {refusal}")
                continue
            print(report.summary(precision, asked, found, confidence))
            first = first or found
        others = [picture.judged(rows) for picture, rows in zip(asked, opencv(files))]
        print(report.summary("OpenCV", asked, others, confidence, scored=False))
        if first is None:
            return
        print("", *report.details(asked, first, confidence), "", *report.curve(asked, first), sep="\n")
        if options.sheet:
            names = report.mistakes(options.sheet, asked, first, confidence)
            print("", f"{options.sheet}, five a row:", *names, sep="\n")


if __name__ == "__main__":
    main()
