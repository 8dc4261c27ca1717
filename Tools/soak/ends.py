"""Ends and changes under load: SIGTERM, other models, other certificates. No request fails, none is answered by halves."""

import json
import pathlib
import signal
import struct
import tempfile
import time

import crowd
import lifecycle
import pictures
import safetensors_files
import wire
from certificates import Authority
from clients import Clients
from server import Server, expect

CLIENTS = 6


def run(binary, size):
    requests = crowd.make_requests(crowd.make_pictures(binary))
    with Server(binary) as server:
        alone = {key: server.ask(request).detections for key, request in requests.items()}
    for _ in range(size.rounds):
        crowd.drain(binary, requests, alone)
    models(binary, size.rounds)
    certificates(binary, size.rounds)


def models(binary, rounds):
    """SIGHUP and POST /models/reload in turns, to another model each time, and to a bad file between."""
    files = {"1": safetensors_files.GOOD.read_bytes(), "2": other_model()}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.safetensors"
        right = {}
        for version, file in files.items():
            lifecycle.put(file, path)
            with Server(binary, "--model", str(path)) as server:
                right[version] = [server.ask(request).detections for request in requests()]
        expect(right["1"] != right["2"], "the two models find the same")

        lifecycle.put(files["1"], path)
        with Server(binary, "--model", str(path)) as server, Load(server, requests()) as load:
            for turn in range(rounds):
                version = "21"[turn % 2]
                if turn % 5 == 4:
                    lifecycle.put(files[version][:100_000], path)
                    reply = server.ask(wire.request("POST", "/models/reload"))
                    expect(reply.status == 422, f"{reply.status} for a bad file: {reply.body}")
                lifecycle.put(files[version], path)
                if turn % 2:
                    reply = server.ask(wire.request("POST", "/models/reload"))
                    expect(reply.status == 200, f"{reply.status}: {reply.body}")
                else:
                    done = lifecycle.count(server)
                    server.process.send_signal(signal.SIGHUP)
                    wait(lambda: lifecycle.count(server) > done, "SIGHUP does not reload")
                load.wait_for_more(3 * CLIENTS)
        versions = {}
        for number, reply in load.replies:
            version = reply.json["model"]["version"]
            expect(reply.detections == right[version][number], f"an answer of model {version} is not all its own")
            versions[version] = versions.get(version, 0) + 1
        expect(set(versions) == {"1", "2"}, f"answers are only of {versions}")
    print(
        f"  {rounds} reloads under load, by signal and by request: {len(load.replies)} answers,"
        f" {versions['1']} and {versions['2']} of the two models, none failed, none mixed", flush=True)


def requests():
    """One picture, and a form of three: those are of one model."""
    scene = pictures.SCENE.read_bytes()
    part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + scene + b"\r\n"
    form = [("Content-Type", "multipart/form-data; boundary=b")]
    target = "/detect?conf=0.01"
    return [
        wire.request(target=target, body=scene),
        wire.request(target=target, fields=form, body=3 * part + b"--b--\r\n"),
    ]


def other_model():
    """The built-in model, surer of everything: the biases of its class scores are 1 higher."""
    file = safetensors_files.built_in(metadata={"model_version": "2"})
    length = struct.unpack("<Q", file[:8])[0]
    header, data = json.loads(file[8 : 8 + length]), bytearray(file[8 + length :])
    for level in range(3):
        tensor = header[f"model.22.cv3.{level}.2.bias"]
        begin, end = tensor["data_offsets"]
        kind = f"<{(end - begin) // {'F16': 2, 'F32': 4}[tensor['dtype']]}{'e' if tensor['dtype'] == 'F16' else 'f'}"
        data[begin:end] = struct.pack(kind, *(value + 1 for value in struct.unpack(kind, data[begin:end])))
    return file[: 8 + length] + data


def certificates(binary, rounds):
    """SIGHUP to a server of HTTPS whose certificate was replaced: who comes anew sees it, who is there stays."""
    with Authority() as authority:
        options = ["--tls-cert", authority.path, "--tls-key", authority.path]
        server = Server(binary, *options, tls=authority.clients())
        with server, Load(server, requests()[:1]) as load:
            for _ in range(rounds):
                expected = authority.renew()
                server.process.send_signal(signal.SIGHUP)
                wait(lambda: shown(server) == expected, "SIGHUP does not bring the other certificate")
                load.wait_for_more(CLIENTS)
    print(f"  {rounds} other certificates under load: {len(load.replies)} answers, none failed", flush=True)


def shown(server):
    """The certificate that a new client is shown; such a one is served as well."""
    with server.connect() as client:
        client.send(wire.request("GET", "/healthz"))
        expect(client.read().status == 200, "a new client is not served")
        return client.socket.getpeercert(binary_form=True)


def wait(condition, words, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < until, words)
        time.sleep(0.02)


class Load(Clients):
    """Clients that ask in turns, on connections of their own that must not break; all their answers are kept."""

    def __init__(self, server, questions):
        super().__init__(server, CLIENTS, self._ask)
        self.questions, self.replies = questions, []

    def _ask(self, number):
        with self.server.connect() as client:
            while not self.stopped.is_set():
                number = (number + 1) % len(self.questions)
                client.send(self.questions[number])
                reply = client.read()
                expect(reply.status == 200, f"{reply.status}: {reply.body[:300]}")
                self.replies.append((number, reply))

    def wait_for_more(self, count):
        """Until so many answers more have come."""
        before = len(self.replies)
        wait(lambda: self.failures or len(self.replies) >= before + count, "the load does not go on")
