"""Tries a server as strangers would: python3 Tools/trial .build/release/dynadetect [PART …]

Python's own library is all it needs. The parts:
  crowd        64 clients at once get what they get alone; SIGTERM in the middle loses nobody
  refusals     bad input: status, code and words of each answer, and a live server after it
  oddities     what else a curious stranger sends
  lifecycle    early signals, reloads under load, the grace before the end
  checkpoints  hostile model files: one clear line, a status that is not 0, bounded memory
"""

import importlib
import pathlib
import sys
import time

from server import Failure

PARTS = ["crowd", "refusals", "oddities", "lifecycle", "checkpoints"]


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(PARTS):
        sys.exit(__doc__)
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    for part in sys.argv[2:] or PARTS:
        begun = time.monotonic()
        print(part)
        try:
            importlib.import_module(part).run(binary)
        except Failure as failure:
            sys.exit(f"trial: {part}: {failure}")
        print(f"  {time.monotonic() - begun:.0f} s")
    print("trial: all as expected")


main()
