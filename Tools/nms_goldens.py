"""Writes Tests/DetectionTests/Goldens/nms.json: what torchvision's NMS keeps of boxes full of ties.

    python Tools/nms_goldens.py      (needs torch and torchvision)

Corners are multiples of 1/4 and scores of 1/64, so that equal scores and overlaps exactly at the
threshold occur; class frames stand 7680 pixels apart as in Ultralytics' predictors. Boxes that score
at most `confidence` go first, then those of unwanted classes. The kept indices must be the same, all
of them and in the same order: there is no tolerance.
"""

import json
import pathlib

import torch
import torchvision

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/DetectionTests/Goldens/nms.json"
OFFSET = 7680


def boxes(count, places, size, generator):
    """Boxes in clusters, so that many overlap."""
    centres = torch.rand(places, 2, generator=generator) * size
    centre = centres[torch.randint(places, (count,), generator=generator)]
    centre = centre + torch.randn(count, 2, generator=generator) * 4
    extent = torch.randint(0, 13, (count, 2), generator=generator) * 4.0
    corners = torch.cat([centre - extent / 2, centre + extent / 2], 1)
    return (corners * 4).round() / 4


def kept(case):
    box, score = torch.tensor(case["boxes"]).view(-1, 4), torch.tensor(case["scores"])
    classes = torch.tensor(case["classes"])
    index = torch.nonzero(score > case["confidence"]).flatten()
    if case["wanted"] is not None:
        index = index[torch.isin(classes[index], torch.tensor(case["wanted"]))]
    offset = classes[index, None].float() * (0 if case["agnostic"] else OFFSET)
    keep = torchvision.ops.nms(box[index] + offset, score[index], case["iou"])
    return index[keep][: case["detectionsMax"]].tolist()


def main():
    generator = torch.Generator().manual_seed(7)
    cases = []
    for count, places, size, classes, changes in [
        (0, 1, 64, 1, {}),
        (1, 1, 64, 1, {}),
        (97, 5, 200, 3, {}),
        (97, 5, 200, 3, {"agnostic": True}),
        (97, 5, 200, 3, {"iou": 0.5, "detectionsMax": 7}),
        (97, 5, 200, 3, {"iou": 0.0}),
        (97, 5, 200, 3, {"iou": 1.0}),
        (97, 5, 200, 3, {"iou": 0.25, "wanted": [0, 2]}),
        (97, 3, 100, 80, {"iou": 0.45, "confidence": 0.5}),
        (61, 2, 9000, 300, {"iou": 0.5}),  # corners beyond a class's frame
        (150, 1, 1, 1, {"iou": 0.5, "confidence": 0.0}),
    ]:
        case = {"confidence": 0.25, "iou": 0.7, "detectionsMax": 300, "agnostic": False, "wanted": None}
        case |= changes
        case["boxes"] = boxes(count, places, size, generator).tolist()
        case["scores"] = (torch.randint(0, 65, (count,), generator=generator) / 64).tolist()
        case["classes"] = torch.randint(classes, (count,), generator=generator).tolist()
        case["kept"] = kept(case)
        cases.append(case)
        print(count, "→", len(case["kept"]))
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
