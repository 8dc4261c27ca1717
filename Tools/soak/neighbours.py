"""Well-behaved clients beside those who are not: they get what they get alone, at any time."""

import time

import pictures
import wire
from clients import Clients
from server import expect

COUNT = 3
# What a neighbour may wait for one answer: far above what this many pictures take, and below any of the limits' times.
SECONDS_MAX = 10
MEMORY_MB = 25


class Neighbours(Clients):
    """`with Neighbours(server, "the fault"):` clients ask all the while; leaving, each must have been answered rightly.

    `comes_anew`: every other question is asked on a connection of its own. `may_be_refused`: 503 is right, too.
    """

    def __init__(self, server, beside, comes_anew=True, may_be_refused=False):
        super().__init__(server, COUNT, self._live, words=f"beside {beside}: ")
        self.comes_anew, self.may_be_refused = comes_anew, may_be_refused
        self.answers, self.refused, self.slowest = 0, 0, 0
        self.questions = questions()
        self.right = [rightly(server.ask(question)) for question in self.questions]

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        if not kind:
            expect(self.answers, f"{self.words}nobody was answered")
            expect(self.slowest < SECONDS_MAX, f"{self.words}{self.slowest:.1f} s for an answer")

    def _live(self, turn):
        while not self.stopped.is_set():
            with self.server.connect() as kept:
                is_kept = True
                while is_kept and not self.stopped.is_set():
                    turn += 1
                    is_kept = self._ask(turn % len(self.questions), kept, self.comes_anew and turn % 2)

    def _ask(self, question, kept, anew):
        """One question; whether the kept connection is still open."""
        begun = time.monotonic()
        if anew:
            reply = self.server.ask(self.questions[question])
        else:
            kept.send(self.questions[question])
            reply = kept.read()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if self.may_be_refused and reply.status == 503 and "retry-after" in reply.fields:
            self.refused += 1
        else:
            expect(rightly(reply) == self.right[question], f"another answer: {reply.body[:300]}")
            expect(anew or not reply.closes, "a good connection is closed")
            self.answers += 1
        return anew or not reply.closes


def questions():
    scene = pictures.SCENE.read_bytes()
    return [
        wire.request(body=scene), wire.request("GET", "/healthz"), wire.request(target="/detect?conf=0.01", body=scene),
    ]


def rightly(reply):
    """What is the same each time in an answer, which must be a good one."""
    expect(reply.status == 200, f"{reply.status}: {reply.body[:300]}")
    return reply.detections if b'"detections"' in reply.body else reply.body


def check_idle(server, behind, memory, seconds=20):
    """Nothing is left: no connection but the one that asks, no request, no picture, and the memory is as before."""
    expect(server.process.poll() is None, f"it has ended behind {behind}: {server.tail()}")
    until = time.monotonic() + seconds
    while True:
        figures = server.metrics()
        left = {
            name: value - own for name, own in (
                ("dynadetect_connections", 1), ("dynadetect_requests_in_flight", 1), ("dynadetect_queue_waiting", 0),
                ("dynadetect_queue_running", 0), ("dynadetect_queue_bytes", 0),
            ) if (value := figures[name]) != own
        }
        if not left:
            break
        expect(time.monotonic() < until, f"behind {behind} there is left: {left}")
        time.sleep(0.05)
    # What is free goes back to the system every ten seconds.
    while (grown := server.memory() - memory) >= MEMORY_MB:
        expect(time.monotonic() < until, f"behind {behind} it holds {grown:.0f} MB more")
        time.sleep(0.2)
    return grown
