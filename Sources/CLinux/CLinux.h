// What Swift's Glibc module leaves out of Linux.
#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// accept4(2): glibc shows it only to those who ask for its extensions.
int accept4(int socket, struct sockaddr *address, socklen_t *size, int flags);

// sched_setattr(2), which glibc has no function for: the slice of this thread, in nanoseconds, and nothing else.
// Since Linux 6.12 a thread with a shorter slice than the running one's need not wait for the end of that when it
// wakes. It asks for no privilege; where it is not known or not allowed, all stays as it was.
static inline int setSlice(uint64_t nanoseconds) {
    struct {  // the kernel's sched_attr, as it was first; its header and glibc's cannot stand side by side
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
    attributes.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

// sched_getcpu(3), which glibc shows to those who ask for its extensions: the core that this thread runs on.
int sched_getcpu(void);

// Cores, one bit each.
struct CoreSet {
    uint64_t words[16];
};

// gettid(2): this thread, for setCores.
static inline int currentThread(void) { return (int)syscall(SYS_gettid); }

// sched_getaffinity(2): the cores that this thread may run on; none where the kernel does not say.
static inline struct CoreSet coresOfThread(void) {
    struct CoreSet cores = {};
    if (syscall(SYS_sched_getaffinity, 0, sizeof cores, &cores) < 0) cores = (struct CoreSet){};
    return cores;
}

// The same without one of them.
static inline struct CoreSet without(struct CoreSet cores, int core) {
    if (core >= 0 && core < 16 * 64) cores.words[core / 64] &= ~(UINT64_C(1) << core % 64);
    return cores;
}

static inline int holdsNone(struct CoreSet cores) {
    for (int word = 0; word < 16; word++)
        if (cores.words[word]) return 0;
    return 1;
}

// sched_setaffinity(2): lets a thread of this process run on those alone. It asks for no privilege.
static inline int setCores(int thread, struct CoreSet cores) {
    return (int)syscall(SYS_sched_setaffinity, thread, sizeof cores, &cores);
}
