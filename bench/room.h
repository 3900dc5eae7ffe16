// SPDX-License-Identifier: Apache-2.0
//
// room: the place the runtimes are measured in. A mount namespace whose root is the Debian tree,
// with tmpfs on /run and /tmp, the work folder on /mnt, and a cgroup of its own as the whole of
// /sys/fs/cgroup. Nothing of the host is changed but one cgroup, which goes away at the end.
#ifndef BENCH_ROOM_H
#define BENCH_ROOM_H

// Ends the program with 1 and a message; adds the errno if it is not 0.
__attribute__((noreturn, format(printf, 1, 2))) void die(const char* format, ...);

// Returns in a child that lives in the room. The caller stays behind, waits for the child, clears
// the cgroup and exits with the child's status. `root` and `work` are absolute paths.
void enter_room(const char* root, const char* work);

#endif
