"""Arrivals, an ideal queue, and percentiles."""

import heapq
import random


def evenly(rate, count):
    """Moments a constant time apart."""
    return [number / rate for number in range(count)]


def poisson(rate, count, seed=7):
    """Moments of independent arrivals, from a seed."""
    noise, now, moments = random.Random(seed), 0.0, []
    for _ in range(count):
        now += noise.expovariate(rate)
        moments.append(now)
    return moments


def ideal_queue(moments, worked, workers, seeds=10):
    """Times in a queue with nothing but waiting and work: first come, first served, one picture to a worker.

    `worked` is what pictures held their worker; each arrival draws from it, and all is done over for each seed, so
    that the tail does not hang on one draw.
    """
    times = []
    for seed in range(seeds):
        noise, free = random.Random(seed), [0.0] * workers
        for moment in moments:
            ended = max(moment, heapq.heappop(free)) + noise.choice(worked)
            heapq.heappush(free, ended)
            times.append(ended - moment)
    return times


def at(part, values):
    """The value below which that part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
