"""Gathers the photographs that installed packages bring along: python photographs.py OUT

Two are cut to other aspects, so that wide, tall and odd sizes are seen.
"""

import shutil
import sys
from pathlib import Path

import cv2
import sklearn.datasets
import ultralytics

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
for folder in (
    Path(ultralytics.__file__).parent / "assets",
    Path(sklearn.datasets.__file__).parent / "images",
):
    for picture in folder.glob("*.jpg"):
        shutil.copy(picture, out)
bus = cv2.imread(str(out / "bus.jpg"))
cv2.imwrite(str(out / "tall.png"), bus[:, 100:433])
cv2.imwrite(str(out / "wide.webp"), bus[400:655, 13:])
