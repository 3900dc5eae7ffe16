// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "room.h"

enum { argument_limit = 16, command_seconds = 60 };

static int null_fd, error_fd;
static int output_fd;  // where the commands' stdout goes
static long largest_resident;
static const char* current_command = "(none)";

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

struct usage take_usage(void) {
    struct rusage all;
    getrusage(RUSAGE_CHILDREN, &all);
    const struct usage usage = {
        .cpu = (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) * 1e6 +
               (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec),
        .resident = largest_resident,
    };
    largest_resident = 0;
    return usage;
}

static void too_long(int number) {
    (void)number;
    errno = 0;
    die("no end after %d s: %s", command_seconds, current_command);
}

__attribute__((noreturn)) static void report_failure(char* const arguments[], int status) {
    char text[4096];
    const ssize_t length = pread(error_fd, text, sizeof text, 0);
    fputs("bench: failed:", stderr);
    for (char* const* word = arguments; *word != NULL; ++word) fprintf(stderr, " %s", *word);
    fprintf(stderr, "\n%.*s\n", length > 0 ? (int)length : 0, text);
    errno = 0;
    die("%s %d", WIFSIGNALED(status) ? "ended by signal" : "exit status",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static pid_t spawn(char* const arguments[]) {
    static char* const environment[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, null_fd, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
    posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
    pid_t pid = -1;
    errno = posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environment);
    if (errno != 0) die("cannot start %s", arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

// Reaps whoever ends until `pid` has: orphaned containers must not linger as zombies.
static int wait_for(pid_t pid) {
    for (;;) {
        int status = 0;
        struct rusage usage;
        const pid_t ended = wait4(-1, &status, 0, &usage);
        if (ended < 0 && errno != EINTR) die("wait4");
        if (ended != pid) continue;
        if (usage.ru_maxrss > largest_resident) largest_resident = usage.ru_maxrss;
        return status;
    }
}

void prepare_commands(void) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("prctl(PR_SET_CHILD_SUBREAPER)");
    signal(SIGALRM, too_long);
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    error_fd = open("/tmp/stderr", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null_fd < 0 || error_fd < 0) die("cannot open the commands' files");
    output_fd = null_fd;
}

void send_output_to(int fd) { output_fd = fd; }

double command(const struct runtime* runtime, char* const words[]) {
    char* arguments[argument_limit] = {(char*)runtime->path, "--root", (char*)runtime->state};
    for (int index = 0; words[index] != NULL; ++index) arguments[3 + index] = words[index];
    if (ftruncate(error_fd, 0) != 0 || lseek(error_fd, 0, SEEK_SET) != 0) die("ftruncate");
    current_command = words[0];
    alarm(command_seconds);
    const double begin = now();
    const int status = wait_for(spawn(arguments));
    const double duration = now() - begin;
    alarm(0);
    if (status != 0) report_failure(arguments, status);
    return duration;
}

void expect_no_children(const struct runtime* runtime) {
    const double patience = now() + 2e6;
    for (;;) {
        const pid_t ended = waitpid(-1, NULL, WNOHANG);
        if (ended < 0) return;
        if (ended == 0 && now() > patience) {
            errno = 0;
            die("%s left a process behind", runtime->name);
        }
        if (ended == 0) usleep(1000);
    }
}
