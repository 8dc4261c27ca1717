"""What the service makes of the engine's speed: scripts/bench-service [--workers N] [--seconds S] [--json]

Four measurements of a server with the built-in model and 640 x 480 JPEGs; server and client share the machine:
  saturation  pictures a second, beside `dynadetect bench --pictures` with the same workers
  even        at 70% of that, evenly spaced: p99 over p50
  poisson     at 70%, at random moments: p99 beside an ideal queue's with the same service times
  overload    at 500%: what is still answered, beside saturation, and how fast the rest is refused
"""

import argparse
import collections
import heapq
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

import pictures
from load import Load

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary", nargs="?", default=str(ROOT / ".build/release/dynadetect"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(arguments, folder)
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:32} {value if isinstance(value, (int, dict)) else round(value, 4)}")
    lost, failures = report["lost"], report["other_statuses"]
    sys.exit(1 if lost or failures else 0)


def measure(arguments, folder):
    paths = pictures.jpegs(arguments.binary, folder)
    bodies = [path.read_bytes() for path in paths]
    report = {"workers": arguments.workers, "picture_bytes": statistics.mean(map(len, bodies))}

    # The engine and the service in turn, twice, for a machine's speed drifts.
    engine, service, loads = [], [], []
    with Server(arguments) as server:
        for _ in range(2):
            engine.append(bench(arguments, folder))
            load = Load(server.port, bodies)
            answers = load.closed_loop(4 * arguments.workers, arguments.seconds)
            service.append(sum(a.status == 200 for a in answers) / arguments.seconds)
            loads.append(load)
        capacity = max(service)
        report["bench_pictures_per_second"] = max(engine)
        report["service_pictures_per_second"] = capacity
        report["service_over_bench"] = capacity / max(engine)

        rate, count = 0.7 * capacity, int(0.7 * capacity * arguments.seconds)
        load = Load(server.port, bodies)
        times = sorted(a.seconds for a in load.open_loop([n / rate for n in range(count)]))
        loads.append(load)
        report |= {"even_p50_ms": 1e3 * at(times, 0.5), "even_p99_ms": 1e3 * at(times, 0.99)}
        report["even_p99_over_p50"] = report["even_p99_ms"] / report["even_p50_ms"]

        moments = list(poisson(rate, count))
        load = Load(server.port, bodies)
        answers = load.open_loop(moments)
        loads.append(load)
        times = sorted(a.seconds for a in answers)
        served = [a.timing["total"] - a.timing["queue"] for a in answers if "queue" in a.timing]
        ideal = sorted(ideal_queue(moments, served, arguments.workers))
        report |= {"poisson_p50_ms": 1e3 * at(times, 0.5), "poisson_p99_ms": 1e3 * at(times, 0.99)}
        report["ideal_p99_ms"] = 1e3 * at(ideal, 0.99)
        report["poisson_p99_over_ideal"] = report["poisson_p99_ms"] / report["ideal_p99_ms"]

        rate, count = 5 * capacity, int(5 * capacity * arguments.seconds)
        load = Load(server.port, bodies)
        answers = load.open_loop([n / rate for n in range(count)])
        loads.append(load)
        # What was still waiting when the load ended is answered behind it, at the same rate.
        good = [a for a in answers if a.status == 200]
        span = arguments.seconds + max((a.seconds for a in good), default=0)
        report["overload_goodput_over_capacity"] = len(good) / span / capacity
        refused = [a.seconds for a in answers if a.status == 503]
        report["overload_refused"] = len(refused)
        report["overload_refusal_p50_ms"] = 1e3 * statistics.median(refused)
        report["overload_refusal_p99_ms"] = 1e3 * at(sorted(refused), 0.99)
        report["overload_served_p50_ms"] = 1e3 * statistics.median(a.seconds for a in good)

    statuses = collections.Counter(a.status for load in loads for a in load.answers)
    report["statuses"] = dict(statuses)
    report["other_statuses"] = sum(n for s, n in statuses.items() if s not in (200, 503, 504))
    report["lost"] = sum(load.lost for load in loads)
    return report


def bench(arguments, folder):
    """Pictures a second from bytes to boxes, without a socket."""
    # A run is the whole folder; at its end workers wait for the last, so it is a long one.
    runs = max(2, int(arguments.seconds * 2))
    command = [arguments.binary, "bench", "--json", "--pictures", folder]
    command += ["--threads", str(arguments.workers), "--batch", "8", "--runs", str(runs)]
    return json.loads(subprocess.check_output(command))["pictures_per_second"]


def poisson(rate, count):
    """Moments of independent arrivals, from a seed."""
    noise, now = random.Random(7), 0.0
    for _ in range(count):
        now += noise.expovariate(rate)
        yield now


def ideal_queue(moments, served, workers):
    """Times in a queue with nothing but waiting and service: first come, first served."""
    free = [0.0] * workers
    noise = random.Random(11)
    for moment in moments:
        begun = max(moment, heapq.heappop(free))
        ended = begun + noise.choice(served)
        heapq.heappush(free, ended)
        yield ended - moment


def at(ordered, part):
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Server:
    def __init__(self, arguments):
        self.process = subprocess.Popen(
            [arguments.binary, "serve", "--port", "0", "--workers", str(arguments.workers),
             "--log", "warning"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for line in self.process.stdout:
            if found := re.search(rb"address +http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if line == b"ready\n":
                return
        raise SystemExit("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


main()
