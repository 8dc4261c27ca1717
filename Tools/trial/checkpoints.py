"""Model files from an enemy, through the command line: each is refused in one line that names the place, with status 1,
no crash, and memory in bounds.

What a single value of a pickle, a zip record or a header can do is held by Tests/CheckpointsTests; here whole
files go through the whole program.
"""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

import pictures
import safetensors_files
import torch_files
from server import expect

MEMORY_MB = 400  # the program itself takes about 40


def run(binary):
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(binary, pathlib.Path(folder))
        trial.truncated()
        files = [*torch_files.files(trial.folder), *safetensors_files.files()]
        for name, data, words, *memory in files:
            trial.refused(name, data, words, *memory)
        expect(not (trial.folder / "owned").exists(), "a call of a pickle was made")
        trial.report()


class Trial:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.runs, self.peak, self.slowest = 0, (0, ""), (0, "")

    def truncated(self):
        """Cut anywhere, both kinds of file."""
        good = torch_files.GOOD.read_bytes()
        store = self.folder / "good.safetensors"
        subprocess.run([self.binary, "convert", torch_files.GOOD, store], check=True, capture_output=True)
        for whole in (good, store.read_bytes()):
            for part in range(24):
                cut = len(whole) * part // 24
                self.refused(f"cut to {cut} bytes", whole[:cut], " is damaged: ", commands=["inspect"])
            for bytes_less in (1, 2, 21, 22, 23):
                cut = whole[:-bytes_less]
                self.refused(f"{bytes_less} bytes less", cut, " is damaged: ", commands=["inspect"])

    def refused(self, name, data, words, memory=MEMORY_MB, commands=("inspect", "detect", "serve")):
        path = self.folder / "model"
        path.write_bytes(data)
        for command in commands:
            arguments = {
                "inspect": ["inspect", path],
                "detect": ["detect", "--model", path, pictures.SCENE],
                "serve": ["serve", "--port", "0", "--model", path],
            }[command]
            status, output, errors, megabytes, seconds = self.measured(arguments)
            told = f"{command}, {name}: status {status}, {megabytes} MB: {output[:200]} {errors[:500]}"
            expect(status == 1, told)
            expect(errors.startswith("dynadetect: ") and errors.count("\n") == 1, told)
            expect(words in errors and not output, f"without '{words}': {told}")
            expect(len(errors) < 800, told)
            expect(megabytes <= memory, told)
            expect(seconds < 20, f"{seconds} s: {told}")
            self.runs += 1
            self.peak = max(self.peak, (megabytes, name))
            self.slowest = max(self.slowest, (seconds, name))

    def measured(self, arguments):
        begun = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([self.binary, *arguments], stdout=out, stderr=err)
            killer = threading.Timer(60, process.kill)
            killer.start()
            _, status, usage = os.wait4(process.pid, 0)
            killer.cancel()
            out.seek(0)
            err.seek(0)
            return (
                os.waitstatus_to_exitcode(status), out.read().decode(), err.read().decode(),
                usage.ru_maxrss // 1024, time.monotonic() - begun,
            )

    def report(self):
        print(
            f"  {self.runs} runs refused in one line each, status 1; at most {self.peak[0]} MB"
            f" ({self.peak[1]}) and {self.slowest[0]:.1f} s ({self.slowest[1]})"
        )
