// SPDX-License-Identifier: Apache-2.0
//
// command: one call of a runtime, timed from before it is spawned until it is reaped. Whatever
// goes wrong ends the program with the command's line and stderr.
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

struct runtime {
    const char* name;
    const char* path;
    char state[256];  // its --root, on tmpfs
};

struct usage {
    double cpu;     // µs, of everybody reaped so far
    long resident;  // kB, the largest of the commands since the last look
};

// Opens the commands' stdin, stdout (both /dev/null) and stderr, and makes this process the parent
// of orphans. Once, before all else here.
void prepare_commands(void);

// The following commands write their stdout to `fd`, which stays the caller's.
void send_output_to(int fd);

// Monotonic, in µs.
double now(void);

// Runs `PATH --root STATE words...` to its end and returns the µs it took.
double command(const struct runtime* runtime, char* const words[]);

#define COMMAND(runtime, ...) command(runtime, (char*[]){__VA_ARGS__, NULL})

// Waits for the rest of a deleted container; whoever stays has escaped its runtime.
void expect_no_children(const struct runtime* runtime);

struct usage take_usage(void);

#endif
