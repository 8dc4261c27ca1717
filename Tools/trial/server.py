"""A server under trial: started on a free port, watched, stopped."""

import re
import resource
import subprocess
import tempfile
import time

import wire


class Failure(Exception):
    """Something is not as promised; the words say what."""


def expect(condition, words):
    """Like assert, but never optimised away."""
    if not condition:
        raise Failure(words)


class Server:
    """`with Server(binary) as server:` serves the built-in model; leaving asks it to stop.

    `limits` are its rlimits by their names, as NOFILE; `log` is a file's path, in place of one of ours; `tls` is how
    clients speak TLS (an SSLContext), where it is told to.
    """

    def __init__(self, binary, *options, limits={}, log=None, tls=None):
        def limit():
            for name, value in limits.items():
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

        self.tls = tls
        self.has_own_log = log is None
        self.log = tempfile.TemporaryFile() if log is None else open(log, "r+b", buffering=0)
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=self.log, preexec_fn=limit if limits else None,
        )
        self.port = None
        self.said = b""
        for line in self.process.stdout:
            self.said += line
            found = re.search(rb"address +https?://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
            if line == b"ready\n":
                break
        expect(self.port and self.process.poll() is None, f"no server: {self.tail()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            print(self.tail())
            self.process.kill()
            self.process.wait()
        else:
            self.stop()

    def stop(self):
        """SIGTERM; the seconds until the end, which must be in peace."""
        begun = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout=30)
        expect(status == 0, f"exit status {status} after SIGTERM: {self.tail()}")
        return time.monotonic() - begun

    def tail(self):
        """The last lines of the log."""
        if not self.has_own_log:
            return ""
        self.log.seek(0)
        return self.log.read()[-1500:].decode(errors="replace")

    def memory_peak(self):
        """The most memory it ever held, in MB."""
        return self._memory("VmHWM") // 1024

    def memory(self):
        """What it holds now, in MB."""
        return self._memory("VmRSS") / 1024

    def _memory(self, name):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{name}:\s+(\d+)", status.read())[1])

    def ask(self, request, **how):
        """One request on a connection of its own."""
        return wire.ask(self.port, request, tls=self.tls, **how)

    def connect(self, **how):
        """A connection that is kept."""
        return wire.Connection(self.port, tls=self.tls, **how)

    def metrics(self):
        """Each figure of /metrics by its name, with its labels."""
        page = self.ask(wire.request("GET", "/metrics")).body.decode()
        pairs = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def check_alive(self, picture, after):
        """It still answers, a small question and a picture."""
        expect(self.process.poll() is None, f"the server has ended after: {after}")
        health = self.ask(wire.request("GET", "/healthz"))
        expect(health.status == 200 and health.json == {"status": "ok"}, f"ill after: {after}")
        good = self.ask(wire.request("POST", "/detect", body=picture))
        expect(good.status == 200 and good.json["detections"], f"blind after: {after}")
