// SPDX-License-Identifier: Apache-2.0
//
// bench: times runtimes against each other, one JSON line per measurement on stdout.
//
//   bench ROOT WORK ROUNDS WARMUP NAME=PATH... -- CONFIG...   measure; the paths are the root's
//   bench ROOT WORK probe NAME=PATH... -- CONFIG...           one `run` each of CONFIG-probe
//
// WORK/bundles holds CONFIG-true, CONFIG-sleep and CONFIG-probe.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "room.h"

enum { runtime_limit = 8 };

static struct runtime runtimes[runtime_limit];
static int runtime_count;
static long impatient_gates;  // sequences begun although others were running

// Begins when nobody else is runnable, or after 200 ms.
static void gate(void) {
    for (int attempt = 0; attempt < 200; ++attempt) {
        char text[64] = "";
        const int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, sizeof text - 1) < 0) die("cannot read /proc/loadavg");
        close(fd);
        int running = 0;
        if (sscanf(text, "%*s %*s %*s %d", &running) == 1 && running <= 1) return;
        usleep(1000);
    }
    ++impatient_gates;
}

struct place {
    int round;  // below 0: warming up, not recorded
    const char* config;
    const struct runtime* runtime;
};

static void record(const struct place* place, const char* measure, double duration) {
    if (place->round < 0) return;
    printf("{\"round\":%d,\"config\":\"%s\",\"runtime\":\"%s\",\"measure\":\"%s\",\"us\":%.1f}\n",
           place->round, place->config, place->runtime->name, measure, duration);
}

static void record_usage(const struct place* place, const char* measure, struct usage before) {
    const struct usage after = take_usage();
    if (place->round < 0) return;
    printf(
        "{\"round\":%d,\"config\":\"%s\",\"runtime\":\"%s\",\"usage\":\"%s\","
        "\"cpu_us\":%.0f,\"resident_kb\":%ld}\n",
        place->round, place->config, place->runtime->name, measure, after.cpu - before.cpu,
        after.resident);
}

static char* bundle_of(const struct place* place, const char* payload) {
    static char path[512];
    snprintf(path, sizeof path, "/mnt/bundles/%s-%s", place->config, payload);
    return path;
}

static void measure_run(const struct place* place) {
    char* const bundle = bundle_of(place, "true");
    gate();
    const struct usage before = take_usage();
    record(place, "run", COMMAND(place->runtime, "run", "--bundle", bundle, "once"));
    expect_no_children(place->runtime);
    record_usage(place, "run", before);
}

static void measure_cycle(const struct place* place) {
    char* const bundle = bundle_of(place, "true");
    gate();
    const struct usage before = take_usage();
    const double begin = now();
    const double create = COMMAND(place->runtime, "create", "--bundle", bundle, "cycle");
    const double start = COMMAND(place->runtime, "start", "cycle");
    const double delete = COMMAND(place->runtime, "delete", "--force", "cycle");
    const double total = now() - begin;
    expect_no_children(place->runtime);
    record(place, "create", create);
    record(place, "start", start);
    record(place, "delete", delete);
    record(place, "create+start+delete", total);
    record_usage(place, "create+start+delete", before);
}

static void measure_living(const struct place* place) {
    COMMAND(place->runtime, "create", "--bundle", bundle_of(place, "sleep"), "living");
    COMMAND(place->runtime, "start", "living");
    usleep(5000);  // let it reach its sleep
    gate();
    record(place, "exec", COMMAND(place->runtime, "exec", "living", "/bin/true"));
    gate();
    record(place, "state", COMMAND(place->runtime, "state", "living"));
    gate();
    record(place, "delete --force of sleep",
           COMMAND(place->runtime, "delete", "--force", "living"));
    expect_no_children(place->runtime);
}

// Every sequence over all runtimes, in turned order every other round.
static void measure_round(int round, char* const configs[]) {
    static void (*const sequences[])(const struct place*) = {measure_run, measure_cycle,
                                                             measure_living};
    for (char* const* config = configs; *config != NULL; ++config) {
        for (size_t sequence = 0; sequence < sizeof sequences / sizeof *sequences; ++sequence) {
            for (int turn = 0; turn < runtime_count; ++turn) {
                const int chosen = round % 2 == 0 ? turn : runtime_count - 1 - turn;
                const struct place place = {round, *config, &runtimes[chosen]};
                sequences[sequence](&place);
            }
        }
    }
}

static void probe(char* const configs[]) {
    for (char* const* config = configs; *config != NULL; ++config) {
        for (int index = 0; index < runtime_count; ++index) {
            const struct place place = {0, *config, &runtimes[index]};
            char path[512];
            snprintf(path, sizeof path, "/mnt/probe-%s-%s", *config, runtimes[index].name);
            const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
            if (file < 0) die("cannot create %s", path);
            send_output_to(file);
            COMMAND(place.runtime, "run", "--bundle", bundle_of(&place, "probe"), "probe");
            close(file);
        }
    }
}

static double cpuid_cost(void) {
#if defined(__x86_64__)
    const double begin = now();
    for (int count = 0; count < 200; ++count) {
        unsigned leaf = 0;
        __asm__ volatile("cpuid" : "+a"(leaf) : : "ebx", "ecx", "edx", "memory");
    }
    return (now() - begin) / 200;
#else
    return 0;
#endif
}

static void record_room(void) {
    char controllers[256] = "";
    FILE* file = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
    if (file == NULL) die("cannot read the cgroup controllers");
    if (fgets(controllers, sizeof controllers, file) != NULL)
        controllers[strcspn(controllers, "\n")] = '\0';
    fclose(file);
    int mounts = 0;
    file = fopen("/proc/self/mountinfo", "re");
    if (file == NULL) die("cannot read the mounts");
    for (int byte; (byte = fgetc(file)) != EOF;) mounts += byte == '\n';
    fclose(file);
    printf("{\"room\":{\"mounts\":%d,\"controllers\":\"%s\",\"cpuid_us\":%.2f}}\n", mounts,
           controllers, cpuid_cost());
}

// Reads NAME=PATH up to "--" and returns the configs behind it.
static char** read_runtimes(char** words) {
    for (; *words != NULL && strcmp(*words, "--") != 0; ++words) {
        char* const equals = strchr(*words, '=');
        if (equals == NULL || runtime_count == runtime_limit) break;
        *equals = '\0';
        struct runtime* const runtime = &runtimes[runtime_count++];
        runtime->name = *words;
        runtime->path = equals + 1;
        snprintf(runtime->state, sizeof runtime->state, "/run/%s", runtime->name);
    }
    errno = 0;
    if (*words == NULL || strcmp(*words, "--") != 0 || runtime_count == 0) die("bad arguments");
    return words + 1;
}

int main(int count, char** words) {
    errno = 0;
    if (count < 4) die("usage: bench ROOT WORK (ROUNDS WARMUP | probe) NAME=PATH... -- CONFIG...");
    const bool probing = strcmp(words[3], "probe") == 0;
    char** const configs = read_runtimes(words + (probing ? 4 : 5));
    enter_room(words[1], words[2]);

    prepare_commands();
    if (probing) {
        probe(configs);
        return 0;
    }
    record_room();
    for (int round = -atoi(words[4]); round < atoi(words[3]); ++round)
        measure_round(round, configs);
    printf("{\"impatient_gates\":%ld}\n", impatient_gates);
    return fflush(stdout) == 0 ? 0 : 1;
}
