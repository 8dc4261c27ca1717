"""A server under trial: started on a free port, watched, stopped."""

import re
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
    """`with Server(binary) as server:` serves the built-in model; leaving asks it to stop."""

    def __init__(self, binary, *options):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=self.log
        )
        self.port = None
        for line in self.process.stdout:
            found = re.search(rb"address +http://127\.0\.0\.1:(\d+)", line)
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
        self.log.seek(0)
        return self.log.read()[-1500:].decode(errors="replace")

    def memory_peak(self):
        """The most memory it ever held, in MB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) // 1024

    def ask(self, request, **how):
        """One request on a connection of its own."""
        return wire.ask(self.port, request, **how)

    def check_alive(self, picture, after):
        """It still answers, a small question and a picture."""
        expect(self.process.poll() is None, f"the server has ended after: {after}")
        health = self.ask(wire.request("GET", "/healthz"))
        expect(health.status == 200 and health.json == {"status": "ok"}, f"ill after: {after}")
        good = self.ask(wire.request("POST", "/detect", body=picture))
        expect(good.status == 200 and good.json["detections"], f"blind after: {after}")
