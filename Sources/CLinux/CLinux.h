// What Swift's Glibc module leaves out of Linux.
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// accept4(2): glibc shows it only to those who ask for its extensions.
int accept4(int socket, struct sockaddr *address, socklen_t *size, int flags);
