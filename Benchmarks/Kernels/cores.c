// How far the first two cores that this process may use are from each other: the time of a number that
// goes from one to the other and back.
//
//     clang -std=c23 -O2 -pthread Benchmarks/Kernels/cores.c -o .build/cores && .build/cores
//
// Two threads on one picture hand each other what they wrote, so what they gain depends on it. On
// AMD's it is about 80 ns within a chiplet and 400 between two; a virtual machine's host may move its
// cores from the one to the other at any time.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 100'000, TRIES = 5 };
static _Alignas(64) atomic_int ball;
static int cores[2];

/// Without its own core a thread would wait for the other's slices to end.
static void stay_on(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) == 0) return;
    perror("a core of its own");
    exit(1);
}

/// Waits for one number and answers with the other.
static void play(int from, int to) {
    while (atomic_load_explicit(&ball, memory_order_acquire) != from) {}
    atomic_store_explicit(&ball, to, memory_order_release);
}

static void *partner(void *) {
    stay_on(cores[1]);
    for (int i = 0; i < TRIES * ROUNDS; i++) play(1, 0);
    return nullptr;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(void) {
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine)) {
        perror("the cores that may be used");
        return 1;
    }
    int found = 0;
    for (int core = 0; core < CPU_SETSIZE && found < 2; core++)
        if (CPU_ISSET(core, &mine)) cores[found++] = core;
    if (found < 2) {
        printf("one core only\n");
        return 0;
    }
    pthread_t thread;
    if (pthread_create(&thread, nullptr, partner, nullptr)) return 1;
    stay_on(cores[0]);
    double least = 0;
    for (int try = 0; try < TRIES; try++) {
        const double start = now();
        for (int i = 0; i < ROUNDS; i++) {
            atomic_store_explicit(&ball, 1, memory_order_release);
            while (atomic_load_explicit(&ball, memory_order_acquire) != 0) {}
        }
        const double spent = (now() - start) / ROUNDS;
        if (try == 0 || spent < least) least = spent;
    }
    pthread_join(thread, nullptr);
    printf("from core %d to core %d and back: %.0f ns\n", cores[0], cores[1], least);
}
