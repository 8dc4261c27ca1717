"""Times the same networks on DynaDetect and its peers, and prints what README shows: see scripts/bench-peers."""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "Tools"), str(ROOT / "Tools/train")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from bench_models import pictures  # noqa: E402

from contenders import OURS, start  # noqa: E402
from forms import CALIBRATION, export, save_pictures  # noqa: E402
from groups import GROUPS, PEERS, TITLES, TOLERANCES  # noqa: E402
from table import markdown  # noqa: E402


def prepare(work, program):
    """The networks, a picture to agree on, and every engine's files; what is there already stays."""
    if not (work / "d.safetensors").exists():
        subprocess.run([sys.executable, ROOT / "Tools/bench_models.py", work], check=True)
    made = pictures(CALIBRATION + 1, torch.Generator().manual_seed(7))
    made = (made.mul(255).round() / 255).numpy()
    np.save(work / "input.npy", made[:1])
    files = save_pictures(made[1:], work / "pictures")
    for network in "sd":
        source = work / f"{network}.safetensors"
        export(source, work / network, made[1:])
        target = work / f"{network}.calibrated.safetensors"
        if not target.exists():
            subprocess.run([program, "calibrate", source, *files, "-o", target], check=True)


def check(contenders, reference):
    """Whether all computed the same, as far as their precision goes."""
    for contender, running in contenders.items():
        difference = np.abs(running.output - reference[contender.network])
        boxes, scores = float(difference[:4].mean()), float(difference[4:].mean())
        print(f"{contender}: boxes {boxes:.2g} px, scores {scores:.2g} from PyTorch", file=sys.stderr)
        if boxes > TOLERANCES[contender.precision][0] or scores > TOLERANCES[contender.precision][1]:
            raise SystemExit(f"{contender} computes something else; its times would mean nothing")


def measure(contenders, rounds, runs, tell_cores):
    """Medians of each round, the contenders taking turns; a round to warm up is not counted.

    Before each, the program `tell_cores` says how far the cores are from each other.
    """
    medians = {contender: [] for contender in contenders}
    for turn in range(rounds + 1):
        print(subprocess.run([tell_cores], check=True, capture_output=True, text=True).stdout, end="", file=sys.stderr)
        for contender, running in contenders.items():
            times = running.times(runs)
            if turn:
                medians[contender].append(statistics.median(times))
    return medians


def machine():
    text = Path("/proc/cpuinfo").read_text()
    facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    family = f"family {facts['cpu family']}, model {facts['model']}" if "cpu family" in facts else ""
    return f"{facts.get('model name', 'an unnamed CPU')} ({family}), {text.count('processor')} cores"


def reference(work):
    """PyTorch's own output on the picture, by network."""
    from contenders import CLASSES
    from network import decode, load

    picture = torch.from_numpy(np.load(work / "input.npy"))
    return {
        network: decode([one.numpy() for one in load(work / f"{network}.safetensors")(picture)], CLASSES)
        for network in "sd"
    }


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; all")
    parser.add_argument("--program", required=True, help="dynadetect, built for release")
    parser.add_argument("--tell-cores", required=True, help="Benchmarks/Kernels/cores.c, built: told in each round")
    parser.add_argument("--work", type=Path, required=True, help="folder for networks, kept between runs")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=10, help="of each contender in a round")
    parser.add_argument("--prepare", action="store_true", help="only write the networks")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    prepare(arguments.work, arguments.program)
    if arguments.prepare:
        return
    results = arguments.work / "results.json"
    kept = json.loads(results.read_text()) if results.exists() else {}
    truth = reference(arguments.work)
    for name in arguments.groups or GROUPS:
        with contextlib.ExitStack() as open_ones:
            contenders = {}
            for contender in GROUPS[name]:
                contenders[contender] = start(contender, arguments.work, arguments.program)
                open_ones.callback(contenders[contender].close)
            check(contenders, truth)
            medians = measure(contenders, arguments.rounds, arguments.runs, arguments.tell_cores)
        kept[name] = [
            {"name": c.name, "network": c.network, "threads": c.threads, "medians": medians[c]}
            for c in contenders
        ]
        results.write_text(json.dumps(kept))
    print(f"{machine()}; " + ", ".join(f"{name} {version(name)}" for name in PEERS))
    print()
    print(markdown(kept, TITLES, OURS))


if __name__ == "__main__":
    main()
