"""`.safetensors` files from an enemy: headers that lie, and the built-in model with another architecture."""

import json
import pickle
import struct

import pictures

GOOD = pictures.ROOT / "Sources/CBuiltInModel/BuiltIn.safetensors"


def files():
    """(name, bytes, words of the message)."""
    yield from headers()
    yield from architectures()
    yield "a text", b"hello", "neither a .pt"
    yield "a picture", pictures.SCENE.read_bytes(), "neither a .pt"
    yield "a pickle without zip", pickle.dumps({"model": 1}, 2), "neither a .pt"


def file(header, data=bytes(64), length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def headers():
    def tensor(type, shape, *offsets):
        return file({"w": {"dtype": type, "shape": shape, "data_offsets": offsets}})

    yield "a header of 2^63 bytes", file(b"{}", length=2**63), "safetensors header"
    yield "a header beyond the end", file(b"{}", length=10**6), "safetensors"
    yield "a header cut off", file(b'{"w":{'), "safetensors header"
    yield "a header nested deeply", file(b'{"w":' + b"[" * 10**6), "safetensors header"
    yield "a header of many values", file(b'{"w":[' + b"1," * 3_000_000 + b"1]}"), "header"
    yield "a shape that overflows", tensor("F32", [2**62, 2**62], 0, 64), "w: "
    yield "a shape of minus one", tensor("F32", [-1], 0, 64), "w: "
    endless = b'{"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}'
    yield "a shape without end", file(endless), "header at byte 34"
    yield "offsets that overflow", tensor("F32", [4], 2**63 - 1, 2**63 - 1), "w: "
    yield "offsets backwards", tensor("F32", [4], 32, 16), "w: "
    yield "offsets beyond the end", tensor("F32", [16], 64, 128), "w: "
    yield "an unknown type", tensor("F4", [4], 0, 16), "w: "
    yield "no architecture", tensor("F32", [16], 0, 64), "no architecture"


def architectures():
    """The built-in model, of which one figure is changed: (layer, part, value) in its list of layers."""
    for layer, part, value, words in (
        (0, 2, [3, 2**40, 3, 2], "layer 0"), (0, 2, [3, 10**6, 3, 2], "model.0.conv.weight"),
        (0, 2, [3, 8, 3, 0], "layer 0"), (0, 2, [3, 8, 2**31, 2], "layer 0"),
        (0, 2, "3", "layer 0"), (0, 1, 7, "layer 0"), (2, 1, "MambaBlock", "model.2"),
        (2, 2, [16, 16, 10**9], "layer 2"), (9, 2, [128, 128, 10**9], "layer 9"),
        (10, 2, [10**9, "nearest"], "layer 10"), (10, 2, [2, "bilinear"], "model.10"),
        (11, 0, [11, 11], "layer 11"), (11, 0, [-1, 99], "layer 11"), (11, 0, [-(2**63)], "layer 11"),
        (11, 0, [-1] * 100_000, "model.11"), (11, 0, [], "model.11"),
    ):
        def change(model):
            model["layers"][layer][part] = value

        yield f"layer {layer} with {str(value)[:24]}", built_in(change), words
    for name, value, words in (
        ("reg_max", 2**40, "reg_max"), ("strides", [0, 0, 0], "model.22"), ("strides", [], "model.22"),
        ("strides", [-(2**63), 2**62, 32], "model.22"), ("bn_eps", -1e300, "model.0.bn"),
        ("layers", [], "model.0"), ("layers", 1, "architecture"),
        ("layers", [[-1, "Upsample", [2]]] * 5000, "architecture"),
    ):
        yield f"{name}: {str(value)[:24]}", built_in(lambda model: model.update({name: value})), words
    for name, value, words in (
        ("architecture", "{", "architecture at byte 1"), ("imgsz", "8193", "imgsz"), ("imgsz", "-1", "imgsz"),
        ("stride", "1000000000", "stride"), ("names", '{"99999999":"x"}', "names"),
        ("names", json.dumps(["x"] * 70_000), "names"), ("task", "segment" * 1000, "task"),
        ("routing", "\x1b[2J" * 1000, "routing"),
    ):
        yield f"{name}: {value[:24]!r}", built_in(metadata={name: value}), words
    weight = "model.2.m.0.cv1.conv.routing.weight"
    yield "a tensor less", built_in(without=weight), weight
    yield "weights that are no numbers", built_in(fill=b"\xff"), "model.0"


def built_in(change=None, metadata=None, without=None, fill=None):
    good = GOOD.read_bytes()
    length = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8 : 8 + length])
    model = json.loads(header["__metadata__"]["architecture"])
    if change:
        change(model)
    header["__metadata__"]["architecture"] = json.dumps(model)
    header["__metadata__"].update(metadata or {})
    if without:
        del header[without]
    data = good[8 + length :]
    return file(header, fill * len(data) if fill else data)
