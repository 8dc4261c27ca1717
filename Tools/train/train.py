"""Trains the detector of printed codes on scenes made as it goes.

    python3 Tools/train/train.py RUN [--steps N] …

RUN is a folder: settings.json (what the run was begun with), last.pt (to go on from), curve.csv and curve.png. Started
again with the same RUN it goes on where it was; `--steps` given anew makes the run longer or shorter, and the
learning rate follows the new length from there on. A new run may begin with the weights of an exported model:
`--from FILE.safetensors`. With `--data FOLDER` it learns one's own classes from one's own pictures (see
training/pictures.py).
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch
from safetensors.torch import load_file
from tqdm import tqdm

from detector.frozen import hold_at_half
from detector.network import SIZES, Detector, Shape
from detector.loss import detection_loss
from scenes.symbols import CLASSES
from training.batches import Batches
from training.curve import Curve
from training.pictures import class_names
from training.schedule import Average, learning_rate

SAVE_SECONDS = 180


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--from", dest="exported", type=Path, help="exported model whose weights a new run begins with")
    parser.add_argument("--data", type=Path, help="folder of pictures and labels to learn from in place of scenes")
    parser.add_argument("--materials", type=Path, default=Path.home() / ".cache/dynadetect/train/materials")
    parser.add_argument("--steps", type=int, help="length of the run in batches (20000)")
    parser.add_argument("--size", choices=SIZES, help="size of the network (A)")
    parser.add_argument("--experts", type=int, help="kernels mixed in a dynamic convolution; 1 is static (4)")
    parser.add_argument(
        "--constant-routing", dest="routing", action="store_const", const=False, help="mix the kernels in equal parts"
    )
    parser.add_argument("--batch", type=int, help="pictures a batch at 320 pixels (12)")
    parser.add_argument("--sides", type=int, nargs="+", help="longer sides of the pictures, one drawn for each batch")
    parser.add_argument("--rate", type=float, help="highest learning rate (2e-3)")
    parser.add_argument("--seed", type=int, help="of scenes and weights (1)")
    parser.add_argument("--fixed-scenes", type=int, help="take only so many scenes again and again, as a check (0: fresh)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--workers", type=int, default=2, help="processes that make scenes")
    return parser.parse_args()


STANDARD = {
    "steps": 20000, "size": "A", "experts": 4, "batch": 12, "sides": [256, 288, 320, 320, 320, 352, 384], "rate": 2e-3,
    "seed": 1, "routing": True, "fixed_scenes": 0, "data": None, "names": list(CLASSES),
}  # fmt: skip


def settings(options):
    """What the run was begun with, and what is given anew."""
    file = options.run / "settings.json"
    values = STANDARD | (json.loads(file.read_text()) if file.exists() else {})
    values |= {key: given for key in STANDARD if (given := getattr(options, key, None)) is not None}
    if options.data:
        values |= {"data": str(options.data.resolve()), "names": class_names(options.data)}
    options.run.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values, indent=1) + "\n")
    return values


class Training:
    def __init__(self, folder, values, exported=None):
        self.folder, self.values = folder, values
        torch.manual_seed(values["seed"])
        shape = SIZES[values["size"]].json() | {"experts": values["experts"], "classes": len(values["names"])}
        self.network = Detector(Shape.of(shape))
        if not values["routing"]:
            hold_at_half(self.network)
        decayed = [p for p in self.network.parameters() if p.requires_grad and p.ndim > 1]
        others = [p for p in self.network.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=values["rate"], betas=(0.9, 0.99), fused=True)
        going_on = (folder / "last.pt").exists()
        if exported and not going_on:
            self.begin_with(exported)
        self.average = Average(self.network)
        self.step = 0
        if going_on:
            self.load()

    def begin_with(self, exported):
        """Takes the file's weights; what tells classes apart is learnt anew where their number is another."""
        own = self.network.state_dict()
        weights = {name: value.float() for name, value in load_file(exported).items()}
        for name, value in own.items():
            is_class = ".cv3." in name and ".2." in name.split(".cv3.")[1]
            if name.endswith("num_batches_tracked") or is_class and value.shape != weights[name].shape:
                weights[name] = value
        self.network.load_state_dict(weights)

    def load(self):
        state = torch.load(self.folder / "last.pt", map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def save(self):
        """Written aside and then renamed, so that a run killed while writing loses nothing."""
        state = {
            "network": self.network.state_dict(), "average": self.average.network.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "shape": self.network.shape.json(),
            "settings": self.values,
        }  # fmt: skip
        torch.save(state, self.folder / "last.pt.new")
        (self.folder / "last.pt.new").rename(self.folder / "last.pt")

    def learn(self, batch):
        """One step; gives the loss and its parts."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.values["steps"], self.values["rate"])
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            maps = self.network(batch.pictures)
        loss, parts = detection_loss(
            maps, self.network.shape, self.network.strides, batch.boxes, batch.labels, batch.present, batch.smears
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.optimizer.step()
        self.average.update(self.network, self.step)
        self.step += 1
        return (loss.item(), *parts)


def main():
    options = arguments()
    values = settings(options)
    torch.set_num_threads(options.threads)
    training = Training(options.run, values, options.exported)
    curve = Curve(options.run, training.step)
    batches = Batches(options.materials, values, training.step, options.workers)
    print(f"{training.network.parameter_count() / 1e6:.2f} M parameters, step {training.step} of {values['steps']}")
    saved = time.monotonic()
    bar = tqdm(batches, initial=training.step, total=values["steps"], unit="batch", mininterval=5)
    for batch in bar:
        losses = training.learn(batch)
        rate = training.optimizer.param_groups[0]["lr"]
        if curve.add(training.step, len(batch.pictures), rate, losses):
            bar.set_postfix_str(f"loss {curve.last['loss']:.3f}")
        if time.monotonic() - saved > SAVE_SECONDS:
            training.save()
            curve.draw()
            saved = time.monotonic()
    training.save()
    curve.draw()


if __name__ == "__main__":
    main()
