"""`.pt` files from an enemy: a good checkpoint with something changed, by Python's own pickle and zipfile."""

import io
import os
import pickle
import pickletools
import struct
import warnings
import zipfile

import pictures
from server import expect

GOOD = pictures.ROOT / "Tests/DetectionTests/Goldens/dynamic.pt"


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
    yield "half a million lists in each other", torch(inside=b"]" * 500_000 + b"a" * 499_999), "x: "
    yield "five million marks", torch(inside=b"(" * 5_000_000), "more values"
    yield "five million values", torch(inside=b"(" + b"N" * 5_000_000 + b"l"), "more values"
    yield "a text of 4 GB", torch(inside=b"X\xff\xff\xff\xff"), "a string of 4294967295 bytes"
    yield "a text of 2^63", torch(inside=b"\x8d" + struct.pack("<Q", 2**63)), "a string of"
    yield "an integer of -1 bytes", torch(inside=b"\x8b\xff\xff\xff\xff"), "data.pkl at byte"
    yield "a frame of 2^64", torch(inside=b"\x95" + b"\xff" * 8), "data.pkl at byte"
    yield "an unknown instruction", torch(inside=b"\xff"), "0xff"
    yield "a memo never stored", torch(inside=b"j\xff\xff\xff\xff"), "4294967295"
    yield "a module in itself", torch(model=own_child()), "deeper than"
    yield "no model", torch(whole=pickle.dumps({"model": None}, 2)), "ema"
    yield "weights alone", torch(whole=pickle.dumps({"a": 1}, 2)), "data.pkl"

    yield "an unknown module", torch(("\nUpsample\n", "\nPixelShuffle\n")), "model.6"
    yield "another unknown module", torch(("\nConcat\n", "\nAttention\n")), "model.7"
    yield "no weight", torch(("weight", "wEight")), "model.0"
    yield "an image size of -1", torch(("imgszr", "imgszr", b"K\x60", b"J\xff\xff\xff\xff")), "imgsz"
    yield "an image size of 2^31", torch(("imgszr", "imgszr", b"K\x60", b"J\xff\xff\xff\x7f")), "imgsz"
    yield "no data of a tensor", torch(drop="data/3"), "data/3) is missing"
    yield "no data of any", torch(drop="data/"), "is missing"
    yield "no pickle", torch(drop="data.pkl"), "data.pkl"
    yield "a short storage", torch(entries={"data/6": b"12"}), "model.1"

    yield from zips()


class Caller:
    """Pickled, it asks the reader to call something."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def zips():
    """Directories that lie. Offsets are those of PKWARE's APPNOTE, 4.3.12 and 4.3.16."""
    good = torch(store=True)
    end = good.rindex(b"PK\5\6")
    first = struct.unpack("<I", good[end + 16 : end + 20])[0]

    def lie(at, form, *values):
        changed = bytearray(good)
        struct.pack_into(form, changed, at, *values)
        return bytes(changed)

    yield "a size of 4 GB", lie(first + 24, "<I", 0xFFFFFFF0), "is not compressed, yet holds 4294967280"
    both = lie(first + 20, "<II", 0xFFFFFFF0, 0xFFFFFFF0)
    yield "both sizes of 4 GB", both, "lies outside the file"
    yield "a size too small", lie(first + 20, "<I", 3), "in 3"
    yield "an entry beyond the end", lie(first + 42, "<I", 0x7FFFFFFF), "zip entry"
    yield "an entry on another", lie(first + 42, "<I", 40), "zip entry"
    yield "an encrypted entry", lie(first + 8, "<H", 1), "is encrypted"
    yield "an unknown compression", lie(first + 10, "<H", 99), "compression method 99"
    yield "a name too long", lie(first + 28, "<H", 0xFFFF), "zip directory"
    yield "a directory beyond the end", lie(end + 16, "<I", 0x7FFFFFFF), "truncated"
    yield "more entries than there are", lie(end + 10, "<H", 0xFFFE), "zip directory"
    yield "a wrong checksum", lie(first + 16, "<I", 1), "CRC-32"
    yield "two entries of a name", twice(), "twice"
    # What torch never does, inflating, is done up to 1 GiB.
    bombs = torch(entries={f"data/{number}": bytes(300 << 20) for number in (6, 7, 8, 12)})
    yield "four times 300 MB of zeros, deflated", bombs, "model.2.cv1.conv.weight: ", 1024


def laughs():
    """Ten lists of ten lists of ten …: 10^30 values in 2 KB."""
    levels = b"]" + b"r" + struct.pack("<I", 1 << 20)
    for level in range(1, 31):
        recall = b"j" + struct.pack("<I", (1 << 20) + level - 1)
        levels += b"0](" + recall * 10 + b"e" + b"r" + struct.pack("<I", (1 << 20) + level)
    return levels


def own_child():
    """A module whose child is itself, instruction by instruction."""

    def text(word):
        return b"X" + struct.pack("<I", len(word)) + word.encode()

    return (
        b"cnn\nModel\n)\x81q\1}(" + text("_modules") + b"}" + text("again") + b"h\1sub"
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
            if key != drop and not (drop and drop.endswith("/") and key.startswith(drop)):
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
    out = io.BytesIO(GOOD.read_bytes())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as made:
        warnings.simplefilter("ignore")
        made.writestr("dynamic/data/3", b"12")
    return out.getvalue()
