"""One engine in a process of its own: python engines.py ENGINE FOLDER PRECISION THREADS INPUT.npy OUTPUT.npz

Loads a network, runs it once on INPUT, writes its maps, prints a line, and then answers each line that says how many
runs with a JSON list of their milliseconds. Waits without computing, so that many may be open beside each other.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def ncnn(folder, precision, threads, picture):
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_winograd_convolution = True
    net.opt.use_sgemm_convolution = True
    net.opt.use_packing_layout = True
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = precision == "bf16"
    blobs, workspace = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
    net.opt.blob_allocator, net.opt.workspace_allocator = blobs, workspace
    net.load_param(str(folder / "model.ncnn.param"))
    net.load_model(str(folder / "model.ncnn.bin"))
    given = ncnn.Mat(picture[0]).clone()

    def run():
        extractor = net.create_extractor()
        extractor.input("in0", given)
        return [extractor.extract(f"out{i}")[1] for i in range(3)]

    run.keeps = (net, blobs, workspace)
    return run


def openvino(folder, precision, threads, picture):
    import openvino

    core = openvino.Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # What NNCF leaves wide in an int8 network, dynamic convolutions among it, is faster in bf16.
        "INFERENCE_PRECISION_HINT": "f32" if precision == "fp32" else "bf16",
    }
    name = "model.int8.xml" if precision == "int8" else "model.xml"
    request = core.compile_model(core.read_model(folder / name), "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(picture))

    def run():
        request.infer()
        return [request.get_output_tensor(i).data for i in range(3)]

    return run


def onnxruntime(folder, precision, threads, picture):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Between runs its threads would spin beside whoever is timed next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    name = "model.int8.onnx" if precision == "int8" else "model.onnx"
    session = onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"in": picture})


def main():
    engine, folder, precision, threads, source, target = sys.argv[1:]
    picture = np.load(source)
    run = globals()[engine](Path(folder), precision, int(threads), picture)
    np.savez(target, *[np.array(one, np.float32) for one in run()])
    print("ready", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
