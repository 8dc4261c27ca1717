// What the machine does to work at even times, without a server: the least that a server's times can spread.
//
//   bare WORKERS RATE WORK SECONDS
//
// Threads take turns at a computation in registers that lasts WORK seconds on an undisturbed core, RATE times a
// second, woken by a thread of real-time priority. Standard output: the doubles from due to done, in seconds.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum { workersMax = 64, lanes = 128, trials = 9 };

static double *due, *done;
static long count, steps;
static int workers;
static sem_t bells[workersMax];
static volatile float result;

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

static void *work(void *worker) {
    for (long task = (long)worker; task < count; task += workers) {
        sem_wait(&bells[(long)worker]);
        compute(steps);
        done[task] = now();
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 5 || (workers = atoi(argv[1])) < 1 || workers > workersMax) return 2;
    double rate = atof(argv[2]), seconds = atof(argv[3]);
    count = rate * atof(argv[4]);
    due = calloc(count, sizeof *due), done = calloc(count, sizeof *done);
    if (!due || !done) return 1;

    // The shortest of some trials is the undisturbed one.
    const long trial = 100000;
    double shortest = 1e9;
    for (int time = 0; time < trials; time++) {
        double begun = now();
        compute(trial);
        double spent = now() - begun;
        if (spent < shortest) shortest = spent;
    }
    steps = trial * seconds / shortest;

    pthread_t threads[workersMax];
    for (long worker = 0; worker < workers; worker++) {
        sem_init(&bells[worker], 0, 0);
        if (pthread_create(&threads[worker], NULL, work, (void *)worker) != 0) return 1;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    struct sched_param priority = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &priority);  // refused, it goes on without
    double start = now() + 0.01;
    for (long task = 0; task < count; task++) {
        due[task] = start + task / rate;
        double left;
        while ((left = due[task] - now()) > 0) nanosleep(&(struct timespec){.tv_nsec = left * 1e9}, NULL);
        sem_post(&bells[task % workers]);
    }
    for (int worker = 0; worker < workers; worker++) pthread_join(threads[worker], NULL);
    for (long task = 0; task < count; task++) done[task] -= due[task];
    fwrite(done, sizeof *done, count, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
