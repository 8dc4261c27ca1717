"""Who is asked for boxes: `dynadetect`, and OpenCV's detectors beside it. Each gives rows x1 y1 x2 y2 score class."""

import json
import subprocess

import cv2
import numpy as np

#: Boxes below this are not asked for.
LEAST = 0.01
AT_ONCE = 50


class Refused(Exception):
    """What dynadetect said instead of an answer."""


def dynadetect(binary, files, options):
    """What the program finds in each file, best first."""
    found = []
    for i in range(0, len(files), AT_ONCE):
        part = [str(file) for file in files[i : i + AT_ONCE]]
        command = [binary, "detect", "--conf", str(LEAST), *options, *part]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            raise Refused(ran.stderr.strip())
        reply = json.loads(ran.stdout)
        for one in reply["results"] if len(part) > 1 else [reply]:
            rows = [
                [*(d["box"][side] for side in ("x1", "y1", "x2", "y2")), d["confidence"], d["class_id"]]
                for d in one["detections"]
            ]
            found.append(np.array(rows, np.float64).reshape(-1, 6))
    return found


def default_confidence(binary, model):
    """The confidence that the model's file asks for."""
    ran = subprocess.run([binary, "inspect", "--json", str(model)], capture_output=True, text=True)
    if ran.returncode:
        raise Refused(ran.stderr.strip())
    return json.loads(ran.stdout)["model"]["confidence"]


def opencv(files):
    """What OpenCV's QR and barcode detectors find; they give no scores, and know no other matrix codes."""
    detectors = ((1, cv2.QRCodeDetector().detectMulti), (0, cv2.barcode.BarcodeDetector().detectMulti))
    found = []
    for file in files:
        image = cv2.imread(str(file))
        rows = []
        for number, detect in detectors:
            try:
                _, corners = detect(image)
            except cv2.error:  # an assertion of its own fails on some pictures
                continue
            for one in () if corners is None else corners.reshape(-1, 4, 2):
                rows.append([*one.min(0), *one.max(0), 1, number])
        found.append(np.array(rows, np.float64).reshape(-1, 6))
    return found
