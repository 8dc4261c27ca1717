"""Holds a server under what breaks servers: python3 Tools/soak BINARY [--small] [--rounds N] [--seconds N] [--requests N] [PART …]

Python's own library and openssl are all it needs. The parts:
  faults     disconnects, half-closed and slow clients, aborted pipelines, garbage, idle connections
  scarcity   no descriptors, with administrators' port and without, no room for the log, no reader of the log, little memory
  ends       SIGTERM and reloads under load, --rounds times each: no request fails, no answer mixes two models
  load       a mix of requests by 16 clients, for --seconds
  endurance  --requests mixed requests: memory stays within 10 MB
Beside the first two, well-behaved clients must notice nothing; behind them, the server is idle and as small as before.
"""

import argparse
import importlib
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "trial"))

from server import Failure  # noqa: E402

PARTS = ["faults", "scarcity", "ends", "load", "endurance"]


def main():
    parser = argparse.ArgumentParser(
        prog="soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART", default=[])
    parser.add_argument("--small", action="store_true", help="all of it within a minute, as in CI")
    parser.add_argument("--rounds", type=int, help="SIGTERMs, and reloads (20; small: 2)")
    parser.add_argument("--seconds", type=int, help="of load (60; small: 3)")
    parser.add_argument("--requests", type=int, help="of endurance (200000; small: 3000)")
    size = parser.parse_intermixed_args()
    if not set(size.parts) <= set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    for name, full, small in (("rounds", 20, 2), ("seconds", 60, 3), ("requests", 200_000, 3000)):
        if getattr(size, name) is None:
            setattr(size, name, small if size.small else full)
    for part in size.parts or PARTS:
        begun = time.monotonic()
        print(part, flush=True)
        try:
            importlib.import_module(part).run(str(size.binary.resolve()), size)
        except Failure as failure:
            sys.exit(f"soak: {part}: {failure}")
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)
    print("soak: it held")


main()
