/* A shim for LD_PRELOAD: every fsync and fdatasync takes SLOW_SYNC_US microseconds longer, as on an SD card. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef int sync_call(int);

static int slowly(sync_call *really, int fd) {
    const char *asked = getenv("SLOW_SYNC_US");
    long us = asked ? atol(asked) : 0;
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    int result = really(fd), error = errno;
    while (nanosleep(&left, &left) && errno == EINTR) continue;
    errno = error;
    return result;
}

int fsync(int fd) { return slowly((sync_call *)dlsym(RTLD_NEXT, "fsync"), fd); }

int fdatasync(int fd) { return slowly((sync_call *)dlsym(RTLD_NEXT, "fdatasync"), fd); }
