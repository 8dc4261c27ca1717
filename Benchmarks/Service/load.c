// Load on a server, at some ten microseconds of processor a request, for it shares the machine with what it measures.
//
//   load [OPTION]... PORT closed CONNECTIONS SECONDS BODY...    each connection asks anew when it is answered
//   load [OPTION]... PORT open MOMENTS BODY...                  a request at each moment of a file of doubles,
//                                                               seconds from the start, whoever was answered
//
//   -f FIELD           a field of each request's head
//   -t MILLISECONDS    wakes so often only, to send what is due and to read what has come: to wake twice a request costs
//                      more than all else, of processors that are the server's, too. Times are then later than they were.
//   -r                 real-time priority, as a client on a machine of its own would have: else the clock is read when
//                      the scheduler gets round to it. Who may not have it goes on without.
//
// One thread, epoll, keep-alive connections, the monotonic clock. A request lies whole, head and picture, in memory,
// and leaves in one call. Its time runs from when it was due, so that a server that stalls cannot hide it by holding
// the client up.
//
// Standard output, once all is over: for each request the doubles due, sent, answered (seconds from the start;
// answered is negative for one that was lost), status, and what Server-Timing says of waiting, of work and in all, in
// seconds; behind them the processor seconds of the client, how many connections it opened, and whether it had
// real-time priority.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { connectionsMax = 1024, bodiesMax = 1024, fieldsMax = 16, eventsMax = 256, answerMax = 16 * 1024 };
static const double patience = 20;  // seconds for the last answers

typedef struct {
    double due, sent, answered, status, waited, worked, total;
} Record;

typedef struct {
    int file;  // -1: closed
    long request;  // that waits for its answer; -1: none
    int body;      // that is sent; -1: none, or all is
    off_t sent;
    size_t received;
    char answer[answerMax + 1];
} Connection;

static struct {
    char *request;
    off_t bytes;
} bodies[bodiesMax];
static int bodyCount;
static Record *records;
static long recordCount, recordCapacity;
static Connection connections[connectionsMax];
static int idle[connectionsMax], idleCount;    // the last one used is used first
static int unused[connectionsMax], unusedCount;
static long waiting, opened;
static int poller, port;
static double start;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9 - start;
}

static void loadBody(const char *path, char *const *fields, int fieldCount) {
    int source = open64(path, O_RDONLY);
    struct stat status;
    if (source < 0 || fstat(source, &status) != 0) fail(path);
    int file = memfd_create("request", 0);
    dprintf(file, "POST /detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: %lld\r\n",
            (long long)status.st_size);
    for (int field = 0; field < fieldCount; field++) dprintf(file, "%s\r\n", fields[field]);
    dprintf(file, "\r\n");
    off_t head = lseek(file, 0, SEEK_CUR);
    if (sendfile(file, source, NULL, status.st_size) != status.st_size) fail(path);
    close(source);
    off_t bytes = head + status.st_size;
    char *request = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (request == MAP_FAILED) fail("mmap");
    close(file);
    bodies[bodyCount].request = request;
    bodies[bodyCount++].bytes = bytes;
}

static void release(Connection *connection) {
    close(connection->file);
    connection->file = -1;
    unused[unusedCount++] = connection - connections;
}

// What is idle may have been closed by the server meanwhile: its event says so.
static Connection *acquire(void) {
    while (idleCount > 0) {
        Connection *connection = &connections[idle[--idleCount]];
        if (connection->file >= 0) return connection;
    }
    if (unusedCount == 0) return NULL;
    Connection *connection = &connections[unused[--unusedCount]];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection->file, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    fcntl(connection->file, F_SETFL, O_NONBLOCK);
    int on = 1;
    setsockopt(connection->file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->file, &event) != 0) fail("epoll_ctl");
    connection->request = connection->body = -1;
    opened++;
    return connection;
}

// Sends on; false when the connection is broken. An answer may come before all is sent: then the connection is free
// for another request only behind the rest.
static bool transmit(Connection *connection) {
    if (connection->body < 0) return true;
    off_t bytes = bodies[connection->body].bytes;
    while (connection->sent < bytes) {
        ssize_t sent = send(connection->file, bodies[connection->body].request + connection->sent,
                            bytes - connection->sent, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        connection->sent += sent;
    }
    connection->body = -1;
    if (connection->request < 0) idle[idleCount++] = connection - connections;
    return true;
}

static void ask(double due) {
    if (recordCount == recordCapacity) {
        recordCapacity = recordCapacity ? recordCapacity * 2 : 1 << 16;
        records = realloc(records, recordCapacity * sizeof *records);
        if (!records) fail("realloc");
    }
    long request = recordCount++;
    records[request] = (Record){.due = due, .sent = now(), .answered = -1};
    Connection *connection = acquire();
    if (!connection) return;  // lost: more than a server should ever let wait
    connection->request = request;
    connection->body = request % bodyCount;
    connection->sent = 0;
    connection->received = 0;
    waiting++;
    if (!transmit(connection)) {
        waiting--;
        release(connection);
    }
}

// The value of a stage of Server-Timing, in seconds; 0 where it is not there.
static double stage(const char *timing, const char *name) {
    const char *found = timing ? strstr(timing, name) : NULL;
    return found ? atof(found + strlen(name)) * 1e-3 : 0;
}

// True once an answer is whole.
static bool parse(Connection *connection, bool *closes) {
    char *answer = connection->answer;
    answer[connection->received] = 0;
    char *end = strstr(answer, "\r\n\r\n");
    if (!end) return false;
    char *length = strcasestr(answer, "\r\nContent-Length: ");
    size_t whole = end + 4 - answer + (length && length < end ? atol(length + 18) : 0);
    if (connection->received < whole) return false;
    *end = 0;
    Record *record = &records[connection->request];
    record->answered = now();
    record->status = atoi(answer + 9);
    const char *timing = strcasestr(answer, "\r\nServer-Timing: ");
    record->waited = stage(timing, "queue;dur=");
    record->worked = stage(timing, "decode;dur=") + stage(timing, "preprocess;dur=")
        + stage(timing, "inference;dur=") + stage(timing, "postprocess;dur=");
    record->total = stage(timing, "total;dur=");
    *closes = strcasestr(answer, "\r\nConnection: close") != NULL;
    return true;
}

// Reads what came; true when the connection has answered and is free for the next request.
static bool receive(Connection *connection) {
    while (true) {
        size_t room = answerMax - connection->received;
        ssize_t count = recv(connection->file, connection->answer + connection->received, room, 0);
        if (count < 0 && errno == EAGAIN) return false;
        bool closes = false, isOver = count <= 0;
        if (!isOver && connection->request >= 0) {
            connection->received += count;
            if (parse(connection, &closes)) {
                waiting--;
                connection->request = -1;
                if (closes) release(connection);
                else if (connection->body < 0) idle[idleCount++] = connection - connections;
                return true;
            }
            isOver = connection->received == answerMax;
        }
        if (isOver) {
            if (connection->request >= 0) {
                waiting--;
            } else {
                for (int at = 0; at < idleCount; at++)
                    if (&connections[idle[at]] == connection) {
                        memmove(&idle[at], &idle[at + 1], (--idleCount - at) * sizeof *idle);
                        break;
                    }
            }
            release(connection);
            return false;
        }
    }
}

static struct timespec duration(double seconds) {
    return (struct timespec){.tv_sec = seconds, .tv_nsec = (seconds - (long)seconds) * 1e9};
}

// Waits for events, so long at most; how many requests were answered.
static int turn(double seconds) {
    struct epoll_event events[eventsMax];
    if (seconds < 0) seconds = 0;
    struct timespec limit = duration(seconds);
    int count = epoll_pwait2(poller, events, eventsMax, &limit, NULL), answered = 0;
    for (int event = 0; event < count; event++) {
        Connection *connection = events[event].data.ptr;
        if (connection->file < 0) continue;
        if (events[event].events & EPOLLOUT) transmit(connection);
        if (events[event].events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) answered += receive(connection);
    }
    return answered;
}

static void rest(double seconds) {
    struct timespec time = duration(seconds);
    nanosleep(&time, NULL);
}

static void closedLoop(int count, double seconds, double pause) {
    for (int connection = 0; connection < count; connection++) ask(now());
    while (now() < seconds) {
        if (pause > 0) rest(pause);
        turn(pause > 0 ? 0 : seconds - now());
        while (waiting < count && now() < seconds) ask(now());
    }
}

static void openLoop(const char *path, double pause) {
    FILE *moments = fopen(path, "rb");
    if (!moments) fail(path);
    double due;
    while (fread(&due, sizeof due, 1, moments) == 1) {
        double moment = pause > 0 ? ceil(due / pause) * pause : due, left;
        while ((left = moment - now()) > 0) {
            if (pause > 0) rest(fmin(left, pause));
            turn(pause > 0 ? 0 : left);
        }
        ask(due);
        if (pause == 0) turn(0);
    }
    fclose(moments);
}

static double processorSeconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int count, char **arguments) {
    char *fields[fieldsMax];
    int fieldCount = 0, option;
    bool isRealTime = false;
    double pause = 0;
    while ((option = getopt(count, arguments, "+rt:f:")) != -1) {
        if (option == 'r') {
            struct sched_param priority = {.sched_priority = 1};
            isRealTime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
        } else if (option == 't') {
            pause = atof(optarg) * 1e-3;
        } else if (option == 'f' && fieldCount < fieldsMax) {
            fields[fieldCount++] = optarg;
        } else {
            return 2;
        }
    }
    char **left = arguments + optind, **end = arguments + count;
    if (end - left < 4) return 2;
    port = atoi(*left++);
    bool isClosed = strcmp(*left++, "closed") == 0;
    char **how = left;
    for (left += isClosed ? 2 : 1; left < end && bodyCount < bodiesMax; left++) loadBody(*left, fields, fieldCount);
    if (bodyCount == 0) return 2;

    prctl(PR_SET_TIMERSLACK, 1);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int connection = connectionsMax; connection-- > 0;) {
        connections[connection].file = -1;
        unused[unusedCount++] = connection;
    }
    double processor = processorSeconds();
    start = now();
    if (isClosed) closedLoop(atoi(how[0]), atof(how[1]), pause);
    else openLoop(how[0], pause);
    double last = now();
    while (waiting > 0 && now() < last + patience) turn(0.1);
    double tail[] = {processorSeconds() - processor, opened, isRealTime};
    fwrite(records, sizeof *records, recordCount, stdout);
    fwrite(tail, sizeof tail, 1, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
