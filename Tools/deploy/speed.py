"""Pictures a second by one and two workers at each precision, as `dynadetect bench --pictures` counts them in the image.

Not a check but a measurement, for a machine that does nothing else: deploy/README.md's table.
"""

import json
import pathlib
import sys
import tempfile

import podman
from podman import IMAGE, ROOT, expect

sys.path.append(str(ROOT / "Benchmarks/Service"))

import pictures  # noqa: E402

WORKERS = (1, 2)
PRECISIONS = ("fp32", "bf16", "int8")
ROUNDS = 2
RUNS = 8  # of a folder of 128 pictures


def run():
    with tempfile.TemporaryDirectory() as parent:
        folder = pathlib.Path(parent, "pictures")
        within = ("run", "--rm", "--no-healthcheck", "--network", "none", "--user", "0", "--volume", f"{parent}:{parent}")
        program = pathlib.Path(parent, "dynadetect")
        program.write_text(f'#!/bin/sh\nexport CONTAINERS_CONF={podman.environment()["CONTAINERS_CONF"]}\nexec podman {" ".join(within)} {IMAGE} "$@"\n')
        program.chmod(0o755)
        pictures.jpegs(program, folder)
        rates = {}
        for _ in range(ROUNDS):
            for workers in WORKERS:
                for precision in PRECISIONS:
                    said = json.loads(podman.run(
                        *within, IMAGE, "bench", "--threads", workers, "--pictures", folder, "--precision", precision,
                        "--runs", RUNS, "--json"))
                    expect(said["precision"] == precision, f"{precision} was asked for, computed was {said['precision']}")
                    rates.setdefault((workers, precision), []).append(said["pictures_per_second"])
        isa = said["isa"]
    print(f"  640×480 JPEGs, pictures a second in {ROUNDS} rounds, {isa}:")
    for workers in WORKERS:
        row = ", ".join(f"{name} " + " and ".join(f"{rate:.0f}" for rate in rates[workers, name]) for name in PRECISIONS)
        print(f"  {workers} worker{'s' * (workers > 1)}: {row}")
