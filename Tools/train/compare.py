"""What dynamic convolution is worth on this task: the same training for networks that differ in nothing else.

    python3 Tools/train/compare.py BINARY WORK [--photographs DIR] [--seeds 3] [--steps 1200] …

Trains each kind of network from each seed, on the same scenes in the same order; measures all through `dynadetect` on
held-out scenes and on a folder of photographs; times them; prints a table and draws comparison.png in WORK. What is in
WORK already is not done again, and what another one trains is left to it: it may be stopped at any time, and several may
work beside each other. `--only` does one part of it: timing wants a quiet machine.
"""

import argparse
import fcntl
import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from detector.frozen import folded, hold_at_half, hold_at_mean
from evaluation import pictures
from evaluation.detectors import dynadetect
from evaluation.report import precisions
from export import export, load
from scenes.materials import Materials
from scenes.scene import SceneMaker

SIDE = 256
#: Training scenes over which α is averaged.
MEAN_SCENES, MEAN_BATCH = 256, 16


@dataclass(frozen=True)
class Kind:
    """A network to compare: how it is trained, or of which other kind it is made."""

    words: str
    options: tuple = ()
    frozen_from: str | None = None


KINDS = {
    "static": Kind("static", ("--experts", "1")),
    "m4": Kind("dynamic, M = 4", ("--experts", "4")),
    "m8": Kind("dynamic, M = 8", ("--experts", "8")),
    "wide": Kind("static, as many parameters as M = 4", ("--experts", "1", "--size", "A-wide")),
    "constant": Kind("M = 4, trained with α = ½", ("--experts", "4", "--constant-routing")),
    "frozen": Kind("M = 4, routing frozen at its mean", frozen_from="m4"),
}
#: What is trained one after the other, so that a comparison cut short has the most to say; then all that is left.
ORDER = ("static", "m4", "wide", "m8", "static", "m4", "constant", "static", "m4")
PARTS = ("train", "measure", "time", "report")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("work", type=Path)
    parser.add_argument("--photographs", type=Path, help="folder with gt.json and img/")
    parser.add_argument("--materials", type=Path, default=Path.home() / ".cache/dynadetect/train/materials")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=8, help="pictures a batch at 320 pixels")
    parser.add_argument("--count", type=int, default=1000, help="held-out scenes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    return parser.parse_args()


def runs(seeds):
    """(kind, seed) in the order of training; scenes and weights of seed s are those of `train.py --seed s`."""
    begun = dict.fromkeys(KINDS, 0)
    trained = [kind for kind, made in KINDS.items() if not made.frozen_from]
    for kind in (*ORDER, *trained * seeds):
        if begun[kind] < seeds:
            begun[kind] += 1
            yield kind, begun[kind]


def folder(options, kind, seed):
    return options.work / f"{kind}-{seed}"


def train(options):
    for kind, seed in runs(options.seeds):
        run = folder(options, kind, seed)
        run.mkdir(exist_ok=True)
        with claimed(run) as is_mine:
            if is_mine and not (run / "model.safetensors").exists():
                train_one(options, kind, seed, run)


@contextmanager
def claimed(run):
    """Whether the run is this process's until it is left."""
    with (run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False


def train_one(options, kind, seed, run):
    print(f"{kind}, seed {seed}", flush=True)
    command = [sys.executable, Path(__file__).parent / "train.py", run, "--materials", options.materials]
    command += ["--steps", options.steps, "--batch", options.batch, "--sides", SIDE, "--seed", seed]
    command += ["--threads", options.threads, "--workers", 1, *KINDS[kind].options]
    subprocess.run([str(word) for word in command], check=True)
    network, state = load(run / "last.pt")
    if not state["settings"]["routing"]:
        hold_at_half(network)
        network = folded(network)  # the static network that it is
    write(network, state, run, kind)
    for other, made in KINDS.items():
        if made.frozen_from == kind:
            hold_at_mean(network, training_scenes(options.materials, seed))
            write(folded(network), state, folder(options, other, seed), other)


def write(network, state, run, kind):
    """Exports a network; the file is there as a whole or not at all."""
    run.mkdir(exist_ok=True)
    new = run / "new.safetensors"
    export(network, state, new, imgsz=SIDE, name=kind, license="Apache-2.0")
    new.rename(run / "model.safetensors")


def training_scenes(materials, seed):
    """The first scenes of a seed, as batches."""
    maker = SceneMaker(Materials(materials))
    for first in range(0, MEAN_SCENES, MEAN_BATCH):
        images = [maker.make(seed, i, (SIDE, SIDE)).image for i in range(first, first + MEAN_BATCH)]
        yield torch.as_tensor(np.stack(images)).permute(0, 3, 1, 2).float() / 255


def measure(options):
    """mAP50-95 of every model there is, into figures.json beside it."""
    with tempfile.TemporaryDirectory() as work:
        sets = {"scenes": pictures.of_scenes(options.materials, work, options.count, SIDE)}
        if options.photographs:
            sets["photographs"] = pictures.of_folder(options.photographs)
        for run in sorted(file.parent for file in options.work.glob("*/model.safetensors")):
            file = run / "figures.json"
            figures = json.loads(file.read_text()) if file.exists() else {}
            for name, asked in sets.items():
                if figures.get(name, {}).get("pictures") != len(asked):
                    figures[name] = {"pictures": len(asked), "map": mean_precision(options.binary, asked, run)}
            file.write_text(json.dumps(figures) + "\n")
            print(run.name, {name: round(value["map"], 4) for name, value in figures.items()}, flush=True)


def mean_precision(binary, asked, run):
    found = dynadetect(binary, [one.file for one in asked], ["--model", str(run / "model.safetensors")])
    judged = [picture.judged(rows) for picture, rows in zip(asked, found)]
    return float(np.mean(list(precisions(asked, judged).values())))


def time(options):
    """Parameters, multiplications and milliseconds of each kind at its size, into times.json."""
    times = {}
    for kind in KINDS:
        model = folder(options, kind, 1) / "model.safetensors"
        if model.exists():
            listed = said(options.binary, "inspect", "--json", model)
            spent = said(options.binary, "bench", "--json", "--runs", 200, "--model", model)
            times[kind] = {
                "parameters": listed["parameters"], "mmac": listed["flops"] / 2e6, "ms": spent["ms_per_image"]["median"],
            }  # fmt: skip
    (options.work / "times.json").write_text(json.dumps(times, indent=1) + "\n")


def said(*command):
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def report(options):
    times = json.loads((options.work / "times.json").read_text()) if (options.work / "times.json").exists() else {}
    results = {}
    for kind in KINDS:
        files = [folder(options, kind, seed) / "figures.json" for seed in range(1, options.seeds + 1)]
        results[kind] = {int(f.parent.name.rsplit("-", 1)[1]): json.loads(f.read_text()) for f in files if f.exists()}
    heads = ("", "seeds", "mAP50-95 on scenes", "on photographs", "parameters", "MMAC", "ms")
    print("", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", sep="\n")
    for kind, figures in results.items():
        if not figures:
            continue
        maps = [spread([one[name]["map"] for one in figures.values() if name in one]) for name in ("scenes", "photographs")]
        cost = times.get(kind)
        costs = (f"{cost['parameters']:,}", f"{cost['mmac']:.0f}", f"{cost['ms']:.2f}") if cost else ("–",) * 3
        print("|", " | ".join([KINDS[kind].words, str(len(figures)), *maps, *costs]), "|")
    draw(options.work / "comparison.png", results)


def spread(values):
    if not values:
        return "–"
    deviation = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{deviation}"


def draw(file, results):
    """Each seed a dot in its colour, each kind's mean a bar."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    kinds = [kind for kind in KINDS if results[kind]]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    for axis, name in zip(axes, ("scenes", "photographs")):
        for row, kind in enumerate(kinds):
            points = {seed: one[name]["map"] for seed, one in results[kind].items() if name in one}
            if points:
                axis.barh(row, np.mean(list(points.values())), color="#b8cbe0", height=0.6)
                axis.scatter(list(points.values()), [row] * len(points), c=[f"C{seed}" for seed in points], s=22, zorder=3)
        axis.set_yticks(range(len(kinds)), [KINDS[kind].words for kind in kinds], fontsize=8)
        axis.set_title(f"mAP50-95, {name}", fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(axis="x", alpha=0.3)
    axes[0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(file, dpi=90)


def main():
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    for part in PARTS:
        if part in options.only:
            {"train": train, "measure": measure, "time": time, "report": report}[part](options)


if __name__ == "__main__":
    main()
