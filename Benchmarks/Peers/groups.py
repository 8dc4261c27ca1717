"""What is timed beside what. The contenders of a group take turns, so that a busy neighbour hurts all alike."""

from contenders import OURS, Contender

PEERS = ("ncnn", "openvino", "onnxruntime")


def both(engine, **settings):
    return [Contender(engine, network, **settings) for network in "sd"]


def group(precision, *engines, **settings):
    made = []
    for engine in (OURS, *engines):
        made += both(engine, precision=precision, **settings)
    return made


GROUPS = {
    "fp32": group("fp32", *PEERS),
    "bf16": group("bf16", "ncnn", "openvino"),
    "int8": group("int8", "openvino", "onnxruntime"),
    "avx2": group("fp32", "openvino", isa="avx2"),
    "threads": group("fp32", *PEERS, threads=2) + both(OURS),
}

TITLES = {
    "fp32": "fp32",
    "bf16": "bf16",
    "int8": "int8",
    "avx2": "fp32, AVX2 forced on both",
    "threads": "fp32, two threads",
}

#: How far a network's output may be from fp32's, before its times count: mean over all anchors of the boxes' error in
#: pixels, and of the scores'. What rounding costs is measured by `scripts/eval`; this finds a wrong network.
TOLERANCES = {"fp32": (1e-3, 1e-5), "bf16": (1.0, 1e-2), "int8": (4.0, 5e-2)}
