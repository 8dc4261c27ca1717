// What the machine does to work at even times, without a server: what a server's times spread by at any rate.
//
//   bare WORKERS RATE WORK SECONDS
//
// RATE times a second, whichever thread is free does a computation in the nearest cache that lasts WORK seconds on an undisturbed
// core; a thread of real-time priority wakes it. Standard output: the doubles from due to done, in seconds.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum { workersMax = 64, lanes = 32, trials = 9 };

static double *due, *done;
static long count, stepsOfWork;
static atomic_long next;
static sem_t bell;
static _Thread_local volatile float result;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void compute(long steps) {
    float values[lanes];
    for (int lane = 0; lane < lanes; lane++) values[lane] = lane;
    for (long step = 0; step < steps; step++)
        for (int lane = 0; lane < lanes; lane++) values[lane] = values[lane] * 1.0000001f + 0.5f;
    result = values[0];
}

static void *work(void *nothing) {
    while (true) {
        sem_wait(&bell);
        long task = atomic_fetch_add(&next, 1);
        if (task >= count) return nothing;
        compute(stepsOfWork);
        done[task] = now();
    }
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int workers = atoi(argv[1]);
    double rate = atof(argv[2]), workSeconds = atof(argv[3]);
    count = rate * atof(argv[4]);
    if (workers < 1 || workers > workersMax || !(rate > 0) || !(workSeconds > 0) || count < 1) return 2;
    due = calloc(count, sizeof *due), done = calloc(count, sizeof *done);
    if (!due || !done) return 1;

    // The shortest of some trials is the undisturbed one.
    const long trial = 100000;
    double shortest = 1e9;
    for (int run = 0; run < trials; run++) {
        double begun = now();
        compute(trial);
        double spent = now() - begun;
        if (spent < shortest) shortest = spent;
    }
    stepsOfWork = trial * workSeconds / shortest;

    pthread_t threads[workersMax];
    sem_init(&bell, 0, 0);
    for (int worker = 0; worker < workers; worker++)
        if (pthread_create(&threads[worker], NULL, work, NULL) != 0) return 1;
    prctl(PR_SET_TIMERSLACK, 1);
    struct sched_param priority = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &priority);  // refused, it goes on without
    double start = now() + 0.01;
    for (long task = 0; task < count; task++) {
        due[task] = start + task / rate;
        double left;
        while ((left = due[task] - now()) > 0)
            nanosleep(&(struct timespec){.tv_sec = left, .tv_nsec = (left - (long)left) * 1e9}, NULL);
        sem_post(&bell);
    }
    for (int worker = 0; worker < workers; worker++) sem_post(&bell);  // past the end
    for (int worker = 0; worker < workers; worker++) pthread_join(threads[worker], NULL);
    for (long task = 0; task < count; task++) done[task] -= due[task];
    fwrite(done, sizeof *done, count, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
