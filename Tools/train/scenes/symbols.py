"""Printed codes of every kind, drawn by zxing-cpp's writer with random contents."""

import string
from dataclasses import dataclass

import numpy as np
import zxingcpp

CLASSES = ("linear", "qr", "datamatrix", "aztec", "pdf417", "maxicode")
#: How often each class is drawn: rare ones too must be learnt.
CLASS_SHARES = (0.30, 0.20, 0.18, 0.12, 0.14, 0.06)
#: Classes whose pattern runs one way only.
BARS = (0, 4)

#: Kinds of linear codes; DataBar is a fifth of them, its stacked forms too.
LINEAR_SHARES = {
    "EAN13": 0.21, "EAN8": 0.04, "UPCA": 0.10, "UPCE": 0.07, "Code128": 0.14, "Code39": 0.08, "Code93": 0.03,
    "ITF": 0.06, "ITF14": 0.02, "Codabar": 0.04, "Telepen": 0.01,
    "DataBarOmni": 0.035, "DataBarStk": 0.03, "DataBarStkOmni": 0.025, "DataBarLtd": 0.03, "DataBarExp": 0.045,
    "DataBarExpStk": 0.035,
}  # fmt: skip
RETAIL = ("EAN13", "EAN8", "UPCA", "UPCE")

UPPER = string.ascii_uppercase + string.digits
MIXED = string.ascii_letters + string.digits + " .-/:"


@dataclass
class Symbol:
    """A code without its quiet zone: `modules` is 0 where dark and 255 where light, `pitch` pixels a module."""

    kind: int
    format: str
    text: str
    modules: np.ndarray
    pitch: int = 1
    #: Bars of an EAN add-on, which stands to the right and is not part of the object.
    add_on: np.ndarray | None = None

    @property
    def is_linear(self):
        return self.kind == 0

    @property
    def size(self):
        """Modules across and down."""
        h, w = self.modules.shape
        return w / self.pitch, h / self.pitch

    @property
    def is_stacked(self):
        return "Stk" in self.format


def digits(rng, count):
    return "".join(str(d) for d in rng.integers(0, 10, count))


def text(rng, low, high, alphabet=MIXED):
    """From low to high characters, short ones as often as long ones by ratio."""
    count = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    return "".join(alphabet[i] for i in rng.integers(0, len(alphabet), count))


def draw(rng, kind=None):
    """A random code, of a random class unless one is given."""
    if kind is None:
        kind = int(rng.choice(len(CLASSES), p=CLASS_SHARES))
    while True:
        name, content, options = CONTENTS[kind](rng)
        try:
            return write(kind, name, content, options, rng)
        except ValueError:
            continue  # too long for the format or version drawn


def write(kind, name, content, options, rng):
    """The code with this content; ValueError when it does not fit."""
    barcode = zxingcpp.create_barcode(content, getattr(zxingcpp.BarcodeFormat, name), **options)
    image = zxingcpp.write_barcode_to_image(barcode, scale=2 if name == "MaxiCode" else 1, add_quiet_zones=False)
    modules = trimmed(np.array(image))
    if kind == 4:  # rows of PDF417 are printed two to five modules high, the writer's are three
        stretch = rng.uniform(0.7, 1.6)
        rows = (np.arange(round(len(modules) * stretch)) / stretch).astype(int).clip(0, len(modules) - 1)
        modules = modules[rows]
    symbol = Symbol(kind, name, content, modules, 10 if name == "MaxiCode" else 1)
    if name in ("EAN13", "UPCA", "UPCE") and rng.random() < 0.25:
        extra, count = ("EAN5", 5) if rng.random() < 0.6 else ("EAN2", 2)
        bars = zxingcpp.create_barcode(digits(rng, count), getattr(zxingcpp.BarcodeFormat, extra))
        image = np.array(zxingcpp.write_barcode_to_image(bars, scale=1, add_quiet_zones=False))
        symbol.add_on = trimmed(image)[:1]
    return symbol


def trimmed(image):
    """Without light margins."""
    rows, columns = np.where((image < 128).any(1))[0], np.where((image < 128).any(0))[0]
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _linear(rng):
    name = str(rng.choice(list(LINEAR_SHARES), p=list(LINEAR_SHARES.values())))
    content = {
        "EAN13": lambda: digits(rng, 12),
        "EAN8": lambda: digits(rng, 7),
        "UPCA": lambda: digits(rng, 11),
        "UPCE": lambda: "0" + digits(rng, 6),
        "Code128": lambda: text(rng, 4, 24, UPPER) if rng.random() < 0.6 else digits(rng, rng.integers(6, 28)),
        "Code39": lambda: text(rng, 3, 16, UPPER),
        "Code93": lambda: text(rng, 4, 14, UPPER),
        "ITF": lambda: digits(rng, 2 * rng.integers(3, 10)),
        "ITF14": lambda: digits(rng, 13),
        "Codabar": lambda: "A" + digits(rng, rng.integers(4, 14)) + "B",
        "Telepen": lambda: text(rng, 3, 12, UPPER),
        "DataBarExp": lambda: _element_string(rng),
        "DataBarExpStk": lambda: _element_string(rng),
    }.get(name, lambda: "0" + digits(rng, 12))()
    return name, content, {}


def _element_string(rng):
    return "(10)" + text(rng, 3, 16, UPPER) + ("(15)" + "991231" if rng.random() < 0.5 else "")


def _qr(rng):
    chance = rng.random()
    if chance < 0.06:
        return "MicroQRCode", digits(rng, rng.integers(4, 20)), {}
    if chance < 0.12:
        return "RMQRCode", text(rng, 4, 40, UPPER), {}
    content = ("https://" if rng.random() < 0.5 else "") + text(rng, 4, 260)
    return "QRCode", content, {"ec_level": str(rng.choice(list("LMQH")))}


def _datamatrix(rng):
    if rng.random() < 0.12:  # versions 25 to 30 are rectangles
        return "DataMatrix", text(rng, 3, 20, UPPER), {"version": int(rng.integers(25, 31))}
    content = text(rng, 3, 220) if rng.random() < 0.7 else digits(rng, rng.integers(4, 60))
    return "DataMatrix", content, {"force_square": True}


def _aztec(rng):
    if rng.random() < 0.04:
        return "AztecRune", str(rng.integers(0, 256)), {}
    return "Aztec", text(rng, 3, 180), {}


def _pdf417(rng):
    chance = rng.random()
    if chance < 0.2:
        return "MicroPDF417", text(rng, 4, 50, UPPER), {"columns": int(rng.integers(1, 5))}
    if chance < 0.35:
        return "CompactPDF417", text(rng, 6, 120), {}
    options = {"columns": int(rng.integers(1, 10))} if rng.random() < 0.6 else {}
    return "PDF417", text(rng, 8, 260), options


def _maxicode(rng):
    return "MaxiCode", text(rng, 8, 60, UPPER), {}


CONTENTS = (_linear, _qr, _datamatrix, _aztec, _pdf417, _maxicode)
