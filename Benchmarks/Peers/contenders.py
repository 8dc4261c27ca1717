"""Who is timed: an engine with a network, a precision and threads, in a process that waits between its turns."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from network import decode

HERE = Path(__file__).parent
CLASSES = 80
OURS = "DynaDetect"
NAMES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "ncnn": "ncnn"}


@dataclass(frozen=True)
class Contender:
    engine: str
    #: s, the stock shape, or d, the one with dynamic convolutions.
    network: str
    precision: str = "fp32"
    threads: int = 1
    #: The instruction set forced on the engine; None: the machine's best.
    isa: str | None = None

    @property
    def name(self):
        return NAMES.get(self.engine, self.engine)

    def environment(self):
        forced = {}
        if self.isa:
            forced = {"DYNADETECT_ISA": self.isa, "ONEDNN_MAX_CPU_ISA": self.isa.upper()}
        return os.environ | forced | {"OMP_NUM_THREADS": str(self.threads)}


class Peer:
    """Another engine: engines.py keeps its network loaded."""

    def __init__(self, contender, work):
        output = work / f"{contender.engine}-{contender.network}-{contender.precision}.npz"
        self.process = subprocess.Popen(
            [sys.executable, HERE / "engines.py", contender.engine, work / contender.network,
             contender.precision, str(contender.threads), work / "input.npy", output],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(work / "engines.log", "a"),
            text=True, env=contender.environment(),
        )
        if self.answer() != "ready":
            raise SystemExit(f"{contender} did not start: see {work}/engines.log")
        maps = np.load(output)
        self.output = decode([maps[name] for name in maps.files], CLASSES)

    def answer(self):
        while line := self.process.stdout.readline():
            if line.strip() == "ready" or line.startswith("["):
                return line.strip()
        return None

    def times(self, runs):
        self.process.stdin.write(f"{runs}\n")
        self.process.stdin.flush()
        return json.loads(self.answer())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Own:
    """dynadetect, from the picture's bytes to its boxes: each turn a `bench` that warms up first."""

    def __init__(self, contender, work, program):
        model = work / f"{contender.network}.calibrated.safetensors"
        self.command = [program, "--model", model, "--precision", contender.precision]
        self.threads = ["--threads", str(contender.threads)]
        self.environment = contender.environment()
        output = work / f"own-{contender.network}-{contender.precision}.npy"
        self.call("run", "--input", work / "input.npy", "--output", output)
        self.output = np.load(output)[0]

    def call(self, command, *arguments):
        program, *model = self.command
        return subprocess.run(
            [program, command, *model, *self.threads, *arguments], check=True, env=self.environment,
            stdout=subprocess.PIPE, text=True,
        ).stdout

    def times(self, runs):
        report = json.loads(self.call("bench", "--shape", "square", "--runs", str(runs), "--json"))
        return [report["ms_per_image"]["median"]]

    def close(self):
        pass


def start(contender, work, program):
    if contender.engine == OURS:
        return Own(contender, work, program)
    return Peer(contender, work)
