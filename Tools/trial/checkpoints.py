"""Model files from an enemy, through the command line: each is refused in one line that names the place, with status 1,
no crash, and memory in bounds. Made from a good checkpoint by Python's own pickle and zipfile.

What a single value of a pickle, a zip record or a header can do is held by Tests/CheckpointsTests; here whole
files go through the whole program.
"""

import io
import json
import os
import pathlib
import pickle
import pickletools
import struct
import subprocess
import tempfile
import threading
import time
import zipfile

import pictures
from server import expect

GOOD = pictures.ROOT / "Tests/DetectionTests/Goldens/dynamic.pt"
MEMORY_MB = 400  # the program itself takes about 40


def run(binary):
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(binary, pathlib.Path(folder))
        trial.truncated()
        for name, data, words, *memory in files(trial.folder):
            trial.refused(name, data, words, *memory)
        expect(not (trial.folder / "owned").exists(), "a call of a pickle was made")
        trial.report()


class Trial:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.runs, self.peak, self.slowest = 0, (0, ""), (0, "")

    def truncated(self):
        """Cut anywhere, both kinds of file."""
        good = GOOD.read_bytes()
        store = self.folder / "good.safetensors"
        subprocess.run([self.binary, "convert", GOOD, store], check=True, capture_output=True)
        for whole in (good, store.read_bytes()):
            for part in range(24):
                cut = len(whole) * part // 24
                self.refused(f"cut to {cut} bytes", whole[:cut], ": ", commands=["inspect"])
            for bytes_less in (1, 2, 21, 22, 23):
                cut = whole[:-bytes_less]
                self.refused(f"{bytes_less} bytes less", cut, ": ", commands=["inspect"])

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


# The files


class Caller:
    """Pickled, it asks the reader to call something."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def files(folder):
    """(name, bytes, words of the message, megabytes where more than usual)."""
    touch = Caller(os.system, f"touch {folder}/owned")
    yield "os.system beside the model", torch(beside=splice(touch)), "posix.system"
    yield "os.system in the model", torch(inside=splice(touch)), "posix.system"
    yield "eval", torch(inside=splice(Caller(eval, "1"))), "eval"
    yield "getattr", torch(inside=splice(Caller(getattr, "", "join"))), "getattr"
    yield "a whole pickle that is a call", torch(whole=pickle.dumps(touch, 2)), "posix.system"
    yield "the same in protocol 5", torch(whole=pickle.dumps(touch, 5)), "posix.system"

    yield "lists that multiply", torch(inside=laughs()), "x: "
    yield "a million lists in each other", torch(inside=b"]" * 10**6 + b"a" * (10**6 - 1)), "x: "
    yield "five million marks", torch(inside=b"(" * 5_000_000), "data.pkl at byte"
    yield "five million values", torch(inside=b"(" + b"N" * 5_000_000 + b"l"), "more values"
    yield "a text of 4 GB", torch(inside=b"X\xff\xff\xff\xff"), "a string of 4294967295 bytes"
    yield "a text of 2^63", torch(inside=b"\x8d" + struct.pack("<Q", 2**63)), "a string of"
    yield "an integer of -1 bytes", torch(inside=b"\x8b\xff\xff\xff\xff"), "data.pkl at byte"
    yield "a frame of 2^64", torch(inside=b"\x95" + b"\xff" * 8), "data.pkl"
    yield "an unknown instruction", torch(inside=b"\xff"), "0xff"
    yield "a memo never stored", torch(inside=b"j\xff\xff\xff\xff"), "4294967295"
    yield "a module in itself", torch(model=own_child()), "deeper than"
    yield "no model", torch(whole=pickle.dumps({"model": None}, 2)), "ema"
    yield "weights alone", torch(whole=pickle.dumps({"a": 1}, 2)), "data.pkl"

    yield "an unknown module", torch(("\nC2f_DynamicConv\n", "\nSwinBlock\n")), "model.2"
    yield "a module of no kind", torch(("\nDetect\n", "\nSegment\n")), "model.11"
    yield "no weight", torch(("weight", "wEight")), "model.0"
    yield "an image size of -1", torch(("imgszr", "imgszr", b"K\x60", b"J\xff\xff\xff\xff")), "imgsz"
    yield "an image size of 2^31", torch(("imgszr", "imgszr", b"K\x60", b"J\xff\xff\xff\x7f")), "imgsz"
    yield "no data of a tensor", torch(drop="/data/3"), "data/3) is missing"
    yield "no data of any", torch(drop="/data/"), "is missing"
    yield "no pickle", torch(drop="data.pkl"), "data.pkl"
    yield "a short storage", torch(entries={"data/6": b"12"}), "model.1"

    yield from zips()
    yield from safetensors()
    yield "a text", b"hello", "neither a .pt"
    yield "a picture", pictures.SCENE.read_bytes(), "neither a .pt"
    yield "a pickle without zip", pickle.dumps({"model": 1}, 2), "neither a .pt"


def zips():
    """Directories that lie. Offsets are those of PKWARE's APPNOTE, 4.3.12 and 4.3.16."""
    good = torch(store=True)
    end = good.rindex(b"PK\5\6")
    first = struct.unpack("<I", good[end + 16 : end + 20])[0]

    def lie(at, form, value):
        changed = bytearray(good)
        struct.pack_into(form, changed, at, value)
        return bytes(changed)

    yield "a size of 4 GB", lie(first + 24, "<I", 0xFFFFFFF0), "zip entry"
    yield "both sizes of 4 GB", lie(first + 20, "<II", 0xFFFFFFF0) if False else _both(good, first), "zip entry"
    yield "a size too small", lie(first + 20, "<I", 3), "zip entry"
    yield "an entry beyond the end", lie(first + 42, "<I", 0x7FFFFFFF), "zip entry"
    yield "an entry on another", lie(first + 42, "<I", 40), "zip entry"
    yield "an encrypted entry", lie(first + 8, "<H", 1), "is encrypted"
    yield "an unknown compression", lie(first + 10, "<H", 99), "compression method 99"
    yield "a name too long", lie(first + 28, "<H", 0xFFFF), "zip directory"
    yield "a directory beyond the end", lie(end + 16, "<I", 0x7FFFFFFF), "truncated"
    yield "more entries than there are", lie(end + 10, "<H", 0xFFFE), "zip directory"
    yield "a wrong checksum", lie(first + 16, "<I", 1), "CRC-32"
    yield "two entries of a name", twice(), "twice"
    bomb = torch(entries={"data/6": bytes(900 << 20)})
    yield "900 MB of zeros, deflated", bomb, "", 1200
    bombs = torch(entries={f"data/{number}": bytes(300 << 20) for number in (6, 7, 8, 12)})
    yield "four times 300 MB", bombs, "", 1200


def _both(good, first):
    changed = bytearray(good)
    struct.pack_into("<II", changed, first + 20, 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(changed)


def safetensors():
    def file(header, data=bytes(64), length=None):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text) if length is None else length) + text + data

    def tensor(type, shape, *offsets):
        return {"w": {"dtype": type, "shape": shape, "data_offsets": offsets}}

    layers = lambda *layers: {"__metadata__": {"architecture": json.dumps(layers)}}
    yield "a header of 2^63 bytes", file(b"{}", length=2**63), "safetensors header"
    yield "a header beyond the end", file(b"{}", length=10**6), "safetensors"
    yield "a header cut off", file(b'{"w":{'), "safetensors header"
    yield "a header nested deeply", file(b'{"w":' + b"[" * 10**6), "safetensors header"
    yield "a header of many values", file(b'{"w":[' + b"1," * 3_000_000 + b"1]}"), "header"
    yield "a shape that overflows", file(tensor("F32", [2**62, 2**62], 0, 64)), "w: "
    yield "a shape of minus one", file(tensor("F32", [-1], 0, 64)), "w: "
    yield "a shape of 1e999", file(b'{"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}'), "w: "
    yield "offsets that overflow", file(tensor("F32", [4], 2**63 - 1, 2**63 - 1)), "w: "
    yield "offsets backwards", file(tensor("F32", [4], 32, 16)), "w: "
    yield "offsets beyond the end", file(tensor("F32", [16], 64, 128)), "w: "
    yield "an unknown type", file(tensor("F4", [4], 0, 16)), "w: "
    yield "no layers", file(tensor("F32", [16], 0, 64)), ""
    yield "a tree that is no JSON", file({"__metadata__": {"architecture": "{"}}), "architecture"


def laughs():
    """Ten lists of ten lists of ten …: 10^30 values in 2 KB."""
    levels = b"]" + b"r" + struct.pack("<I", 1 << 20)
    for level in range(1, 31):
        recall = b"j" + struct.pack("<I", (1 << 20) + level - 1)
        levels += b"0](" + recall * 10 + b"e" + b"r" + struct.pack("<I", (1 << 20) + level)
    return levels


def own_child():
    """A module whose child is itself, as pickletools would show it."""
    text = lambda word: b"X" + struct.pack("<I", len(word)) + word.encode()
    return (
        b"cnn\nModel\n)\x81q\1}(" + text("_modules") + b"}" + text("again") + b"h\1s"
        + b"ub"
    )


def splice(value):
    """A value's instructions, to stand within another pickle: it stores nothing in the memo."""
    return pickletools.optimize(pickle.dumps(value, 2))[2:-1]


def torch(*words, beside=None, inside=None, model=None, whole=None, drop=None, entries=None, store=False):
    """The good checkpoint with something changed: words of its pickle, a value in place of the optimizer or
    as the model's attribute `x`, the model, the whole pickle; entries left out, or changed."""
    out = io.BytesIO()
    method = zipfile.ZIP_STORED if store else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(GOOD) as good, zipfile.ZipFile(out, "w", method, compresslevel=1) as made:
        for name in good.namelist():
            data = good.read(name)
            if name.endswith("data.pkl"):
                data = whole or changed(data, words, beside, inside, model)
            key = name.partition("/")[2]
            data = (entries or {}).get(key, data)
            if not drop or drop not in "/" + key or (drop == "/data/3" and key != "data/3"):
                made.writestr(name, data)
    return out.getvalue()


def changed(data, words, beside, inside, model):
    if model:
        key = b"X\5\0\0\0model"
        return b"\x80\2}(" + key + model + b"u."
    for old, new, *values in words:
        expect(old.encode() in data, f"'{old}' is not in the good checkpoint")
        if values:
            at = data.index(values[0], data.index(old.encode()))
            data = data[:at] + values[1] + data[at + len(values[0]) :]
        else:
            data = data.replace(old.encode(), new.encode())
    if beside:
        at = data.index(b"optimizer") + len(b"optimizer") + 5
        expect(data[at : at + 1] == b"N", "the optimizer of the good checkpoint is not None")
        data = data[:at] + beside + data[at + 1 :]
    if inside:
        at = data.rindex(b"X\4\0\0\0task")
        data = data[:at] + b"X\1\0\0\0x" + inside + data[at:]
    return data


def twice():
    import warnings

    out = io.BytesIO(GOOD.read_bytes())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as made:
        warnings.simplefilter("ignore")
        made.writestr("dynamic/data/3", b"12")
    return out.getvalue()
