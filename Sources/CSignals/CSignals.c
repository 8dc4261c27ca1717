#define _POSIX_C_SOURCE 200809L

#include "CSignals.h"

#include <signal.h>
#include <stddef.h>

// In C, for nothing of Swift runs before main: libraries are initialised before it, for milliseconds in
// which a SIGTERM would end the process, or be dropped where that is process 1 of a container.
static void hold_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

// The loader calls what stands here before the initialisers of all libraries.
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = hold_signals;
