"""Builds the image and tries what deploy/ promises: python3 Tools/deploy PART…

Python's own library is all it needs, beside podman. The parts:
  build       the image, on stand-ins for base images where no registry can be reached
  image       one container as in production: size, start, limits, health, exit
  fleet       replicas behind the balancer, replaced one after another under load
  refusals    a replica that answers 503, and the balancer that asks another
  unit        the systemd unit under a systemd of its own
  pod         the Kubernetes base, played by podman
  compose     two replicas, the balancer and Prometheus, from up to down
  readme      deploy/README.md's blocks, as they are written
  unified     control groups of version 2, in a virtual machine
  speed       a measurement: pictures a second by one and two workers at each precision
  capacity    a measurement: what one, two and three replicas answer behind the balancer
"""

import importlib
import sys
import time

from podman import Failure

PARTS = ["build", "image", "fleet", "refusals", "unit", "pod", "compose", "readme", "unified", "speed", "capacity"]


def main():
    if len(sys.argv) < 2 or not set(sys.argv[1:]) <= set(PARTS):
        sys.exit(__doc__)
    for part in sys.argv[1:]:
        begun = time.monotonic()
        print(part, flush=True)
        try:
            importlib.import_module(part).run()
        except Failure as failure:
            sys.exit(f"deploy: {part}: {failure}")
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)
    print("deploy: all as expected")


main()
