"""What the service makes of the engine's speed: scripts/bench-service [--workers N] [--seconds S] [--apart] [--json]

Measurements of a server with the built-in model and 640 x 480 JPEGs:
  saturation  pictures a second, beside `dynadetect bench --pictures` with the same workers, in turns
  alone       one client, one picture at a time: what its time holds beside decoding, letterboxing, network and boxes
  even        at 70% of that, evenly spaced: p99 over p50
  bare        the same, of as much work in the nearest cache by threads of bare.c, whose tasks nobody shares: the machine's
              own p99 over p50
  poisson     at 70%, at random moments: p99 beside an ideal queue's
  overload    at 500%: what is still answered, beside saturation, in turns, and how fast the rest is refused; the
              client looks up every 2 ms, and sees answers that much later
  stub        one client at a server of one worker whose network is next to nothing: time and processor a request
              beside the stages

Server and client share the machine, and what the client costs is counted in: "client_us" is its processor time a
request. It has real-time priority where it may, as if it were on a machine of its own, so that times are the
server's. "others_cores" is what anybody else took meanwhile: figures count when it is next to nothing.

The ideal queue has as many servers as the service has workers and no cost of its own: first come, first served,
at the same moments. Its service times are what a picture holds a worker when all workers are at pictures of their
own, which is what Server-Timing says of decoding, letterboxing, network and boxes at saturation. (In the service a
lone picture is spread over idle workers and is done sooner; the ideal queue knows no such thing. With the service
times of the measurement itself, which are shorter for that reason, it would do on two cores what takes three;
"poisson_p99_over_ideal_of_own_times" says that too.)

--apart keeps client and server apart: one worker on the first core, the client on the second.
"""

import argparse
import collections
import json
import pathlib
import statistics
import sys
import tempfile

import pictures
from processes import Client, Server, bare, bench, machine_seconds
from queueing import at, evenly, ideal_queue, poisson

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOAD = 0.7
OVERLOAD = 5
ROUNDS = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary", nargs="?", default=str(ROOT / ".build/release/dynadetect"))
    parser.add_argument("--client", default=str(ROOT / ".build/load"))
    parser.add_argument("--bare", default=str(ROOT / ".build/bare"))
    parser.add_argument("--stub", default=str(ROOT / "Tests/DetectionTests/Goldens/static.pt"), help="a tiny model")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Measurement(arguments, folder).report
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:36} {value if isinstance(value, (int, dict)) else round(value, 4)}")
    sys.exit(1 if report["lost"] or report["other_statuses"] else 0)


class Measurement:
    def __init__(self, arguments, folder):
        self.folder, self.seconds = folder, arguments.seconds
        self.workers = 1 if arguments.apart else arguments.workers
        self.paths = pictures.jpegs(arguments.binary, folder)
        where, elsewhere = (["taskset", "-c", "0"], ["taskset", "-c", "1"]) if arguments.apart else ([], [])
        self.engine, self.bare_command = [*where, arguments.binary], [*where, arguments.bare]
        self.client_command = [*elsewhere, arguments.client, "-r"]
        self.runs = []
        self.costs = collections.defaultdict(collections.Counter)
        self.report = {
            "workers": self.workers,
            "picture_bytes": int(statistics.mean(path.stat().st_size for path in self.paths)),
        }
        with Server(self.engine, self.workers) as server:
            self.face(server)
            self.saturation()
            self.alone()
            self.even()
            self.bare()
            self.poisson()
            self.overload()
        with Server(self.engine, 1, "--model", arguments.stub, "--imgsz", "32") as server:
            self.face(server)
            self.stub()
        statuses = collections.Counter(int(a.status) for run in self.runs for a in run.answers)
        self.report["statuses"] = dict(statuses)
        self.report["client_is_real_time"] = all(run.is_real_time for run in self.runs)
        self.report["lost"] = sum(a.answered < 0 for run in self.runs for a in run.answers)
        self.report["other_statuses"] = sum(n for s, n in statuses.items() if s not in (0, 200, 503, 504))

    def face(self, server):
        self.server, self.client = server, Client(self.client_command, server.port, self.paths)

    def saturation(self):
        # The engine and the service in short turns, for a machine's speed drifts.
        engine, service, self.worked = [], [], []
        for _ in range(ROUNDS):
            engine.append(bench(self.engine, self.folder, self.workers, max(2, round(self.seconds / 2))))
            rate, run = self.saturate("saturation")
            service.append(rate)
            self.worked += [a.worked for a in run.answers if a.status == 200]
        self.capacity = statistics.mean(service)
        self.report |= {
            "bench_pictures_per_second": statistics.mean(engine),
            "service_pictures_per_second": self.capacity,
            "service_over_bench": self.capacity / statistics.mean(engine),
        }

    def saturate(self, name):
        """Pictures a second that the service makes when it has always more to do, and the run."""
        seconds = self.seconds / 4
        # More wait than are served in the 8 ms between two looks of the client.
        run = self.measured(name, self.client.closed, 16 * self.workers, seconds, "-t", "8")
        return len(run.answers) / max(a.answered for a in run.answers), run

    def alone(self):
        run = self.measured("alone", self.client.closed, 1, self.seconds)
        self.quantiles("alone", times(run))
        # In the server, from the first byte to the words of the answer; and for the client, to its last byte.
        self.report["overhead_in_server_p50_us"] = 1e6 * statistics.median(a.total - a.worked for a in run.answers)
        self.report["overhead_p50_us"] = 1e6 * statistics.median(a.answered - a.due - a.worked for a in run.answers)

    def even(self):
        rate = LOAD * self.capacity
        run = self.measured("even", self.client.open, evenly(rate, int(rate * self.seconds)), self.folder)
        self.quantiles("even", times(run))
        self.report["even_p99_over_p50"] = self.report["even_p99_ms"] / self.report["even_p50_ms"]

    def bare(self):
        work = statistics.median(self.worked)
        values = bare(self.bare_command, self.workers, LOAD * self.capacity, work, self.seconds)
        self.quantiles("bare", values)
        self.report["bare_p99_over_p50"] = self.report["bare_p99_ms"] / self.report["bare_p50_ms"]

    def poisson(self):
        rate = LOAD * self.capacity
        moments = poisson(rate, int(rate * self.seconds))
        run = self.measured("poisson", self.client.open, moments, self.folder)
        self.quantiles("poisson", times(run))
        own = [a.worked for a in run.answers if a.status == 200]
        for name, worked in ("ideal", self.worked), ("ideal_of_own_times", own):
            ideal = at(0.99, ideal_queue(moments, worked, self.workers))
            self.report[f"{name}_p99_ms"] = 1e3 * ideal
            self.report[f"poisson_p99_over_{name}"] = self.report["poisson_p99_ms"] / (1e3 * ideal)

    def overload(self):
        # Both in turn again: what it makes with just enough to do, and with five times as much.
        rate = OVERLOAD * self.capacity
        moments = evenly(rate, int(rate * self.seconds / 2))
        capacity, goodput, served, refused = [], [], [], []
        for _ in range(ROUNDS):
            capacity.append(self.saturate("capacity")[0])
            run = self.measured("overload", self.client.open, moments, self.folder, "-t", "2")
            good = [a for a in run.answers if a.status == 200]
            # What still waited when the load ended is answered behind it, at the same rate.
            goodput.append(len(good) / max(a.answered for a in good))
            served += [a.answered - a.due for a in good]
            refused += [a.answered - a.due for a in run.answers if a.status == 503]
        self.report |= {
            "overload_goodput_over_capacity": statistics.mean(goodput) / statistics.mean(capacity),
            "overload_refused": len(refused),
            "overload_refusal_p50_ms": 1e3 * statistics.median(refused),
            "overload_refusal_p99_ms": 1e3 * at(0.99, refused),
            "overload_served_p50_ms": 1e3 * statistics.median(served),
        }

    def stub(self):
        run = self.measured("stub", self.client.closed, 1, self.seconds)
        stages = 1e6 * statistics.mean(a.worked for a in run.answers)
        self.report["stub_overhead_in_server_p50_us"] = 1e6 * statistics.median(a.total - a.worked for a in run.answers)
        self.report["stub_processor_beside_stages_us"] = self.report["stub_server_us"] - stages

    def measured(self, name, measure, *how):
        """A run, with what it cost; what several of one name cost is added up."""
        all_before, before = machine_seconds(), self.server.processor_seconds()
        run = measure(*how)
        self.runs.append(run)
        server = self.server.processor_seconds() - before
        others = machine_seconds() - all_before - server - run.client_seconds
        span = max(a.answered for a in run.answers)
        cost = self.costs[name]
        cost.update(
            client=run.client_seconds, server=server, others=others, span=span, requests=len(run.answers),
            connections=run.connections,
        )
        cost["late"] = max(cost["late"], at(0.99, [a.sent - a.due for a in run.answers]))
        self.report |= {
            f"{name}_client_us": 1e6 * cost["client"] / cost["requests"],
            f"{name}_server_us": 1e6 * cost["server"] / cost["requests"],
            f"{name}_client_cores": cost["client"] / cost["span"],
            f"{name}_server_cores": cost["server"] / cost["span"],
            f"{name}_others_cores": cost["others"] / cost["span"],
            f"{name}_late_p99_ms": 1e3 * cost["late"],
            f"{name}_connections": cost["connections"],
        }
        return run

    def quantiles(self, name, values):
        for quantile in 0.5, 0.9, 0.99:
            self.report[f"{name}_p{100 * quantile:.0f}_ms"] = 1e3 * at(quantile, values)


def times(run):
    """Of what was answered; what was lost is counted elsewhere."""
    return [a.answered - a.due for a in run.answers if a.answered >= 0]


main()
