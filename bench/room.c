// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t inside_pid;

void die(const char* format, ...) {
    const int error = errno;
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (error != 0) fprintf(stderr, ": %s", strerror(error));
    fputc('\n', stderr);
    _exit(1);
}

static void write_at(int folder, const char* path, const char* text) {
    const int fd = openat(folder, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) die("cannot write %s", path);
    close(fd);
}

// The cgroup2 tree, attached nowhere: hosts differ in where they mount it.
static int open_cgroup_tree(void) {
    enum { create = 6, cloexec = 1 };  // FSCONFIG_CMD_CREATE, FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC
    const int context = (int)syscall(SYS_fsopen, "cgroup2", cloexec);
    if (context < 0) die("fsopen cgroup2");
    if (syscall(SYS_fsconfig, context, create, NULL, NULL, 0) != 0) die("fsconfig cgroup2");
    const int tree = (int)syscall(SYS_fsmount, context, cloexec, 0);
    if (tree < 0) die("fsmount cgroup2");
    close(context);
    return tree;
}

static int remove_cgroup(int parent, const char* name) {
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) return -1;
    for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            (void)remove_cgroup(fd, entry->d_name);
    }
    closedir(folder);
    return unlinkat(parent, name, AT_REMOVEDIR);
}

static void clear_cgroup(int tree, const char* name) {
    char path[64];
    snprintf(path, sizeof path, "%s/cgroup.kill", name);
    write_at(tree, path, "1");
    for (int attempt = 0; attempt < 200; ++attempt) {
        if (remove_cgroup(tree, name) == 0) return;
        usleep(10000);  // the killed need a moment to leave
    }
    die("cannot remove the cgroup %s", name);
}

static void forward_end(int number) {
    (void)number;
    if (inside_pid > 0) kill(inside_pid, SIGKILL);
}

__attribute__((noreturn)) static void stay_behind(pid_t pid, int tree, const char* name) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) die("waitpid");
    }
    inside_pid = 0;
    clear_cgroup(tree, name);
    if (WIFSIGNALED(status)) {
        errno = 0;
        die("ended by signal %d", WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static void mount_in_root(const char* source, const char* target, const char* type,
                          unsigned long flags) {
    char path[4096];
    snprintf(path, sizeof path, ".%s", target);
    if (mount(source, path, type, flags, NULL) != 0) die("cannot mount %s in the root", target);
}

static void build_mounts(const char* root, const char* work) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) die("cannot make / private");
    if (mount(root, root, NULL, MS_BIND, NULL) != 0) die("cannot bind %s", root);
    if (chdir(root) != 0) die("cannot enter %s", root);
    mount_in_root(work, "/mnt", NULL, MS_BIND);
    mount_in_root("/dev", "/dev", NULL, MS_BIND | MS_REC);
    mount_in_root("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    mount_in_root("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    mount_in_root("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    mount_in_root("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV);
    mount_in_root("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV);
    if (mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
        die("cannot make %s read-only", root);
    if (syscall(SYS_pivot_root, ".", ".") != 0) die("pivot_root %s", root);
    if (umount2(".", MNT_DETACH) != 0) die("cannot leave the old root");
    if (chdir("/") != 0) die("chdir /");
}

void enter_room(const char* root, const char* work) {
    char name[32];
    char procs[64];
    snprintf(name, sizeof name, "oci-bench-%d", (int)getpid());
    snprintf(procs, sizeof procs, "%s/cgroup.procs", name);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int tree = open_cgroup_tree();
    if (mkdirat(tree, name, 0755) != 0) die("cannot create the cgroup %s", name);

    struct sigaction action = {.sa_handler = forward_end};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    const pid_t pid = fork();
    inside_pid = pid;
    if (pid < 0) die("fork");
    if (pid > 0) stay_behind(pid, tree, name);

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    write_at(tree, procs, "0");
    if (unshare(CLONE_NEWNS | CLONE_NEWCGROUP) != 0) die("unshare");
    build_mounts(root, work);
    close(tree);
    // A cgroup with processes in it cannot hand controllers down: make way for the runtimes.
    if (mkdir("/sys/fs/cgroup/bench", 0755) != 0) die("cannot create the harness's cgroup");
    write_at(AT_FDCWD, "/sys/fs/cgroup/bench/cgroup.procs", "0");
}
