"""Writes a network for each engine, once: ONNX and its int8, OpenVINO's form and its int8 (NNCF), ncnn's."""

import logging
import os

import numpy as np
import torch
from PIL import Image

from network import load

#: Pictures that int8 is calibrated on, the same for every engine.
CALIBRATION = 32
SIDE = 640


def export(source, folder, pictures):
    """Files of one network in `folder`; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    network = load(source)
    example = torch.from_numpy(pictures[:1])
    onnx = folder / "model.onnx"
    if not onnx.exists():
        torch.onnx.export(
            network, (example,), str(onnx), input_names=["in"], output_names=["map8", "map16", "map32"],
            opset_version=17, dynamo=False,
        )
    if not (folder / "model.int8.onnx").exists():
        quantize_onnx(onnx, folder / "model.int8.onnx", pictures)
    if not (folder / "model.xml").exists():
        to_openvino(network, example, folder, pictures)
    if not (folder / "model.ncnn.param").exists():
        to_ncnn(network, example, folder)


def quantize_onnx(source, target, pictures):
    """ONNX Runtime's static quantisation: kernels by output channel, activations by value."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(pictures)

        def get_next(self):
            picture = next(self.left, None)
            return None if picture is None else {"in": picture[None]}

    prepared = target.with_suffix(".prepared")
    quant_pre_process(str(source), str(prepared))
    quantize_static(
        str(prepared), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )
    prepared.unlink()


def to_openvino(network, example, folder, pictures):
    import nncf
    import openvino

    nncf.set_log_level(logging.ERROR)
    model = openvino.convert_model(network, example_input=example, input=[1, 3, SIDE, SIDE])
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)
    quantized = nncf.quantize(
        model, nncf.Dataset([picture[None] for picture in pictures]),
        preset=nncf.QuantizationPreset.MIXED, subset_size=len(pictures),
    )
    openvino.save_model(quantized, folder / "model.int8.xml", compress_to_fp16=False)


def to_ncnn(network, example, folder):
    import pnnx

    here = os.getcwd()
    os.chdir(folder)  # it leaves its files where it is
    try:
        pnnx.export(network, "model.pt", example, fp16=False)
    finally:
        os.chdir(here)


def save_pictures(pictures, folder):
    """The same pictures for `dynadetect calibrate`."""
    folder.mkdir(exist_ok=True)
    for i, picture in enumerate(pictures):
        pixels = np.rint(picture.transpose(1, 2, 0) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return sorted(folder.iterdir())
