// SPDX-License-Identifier: Apache-2.0
//
// Replaces malloc of the program it is linked to: the N-th allocation of the run fails.
// OCI_RT_FAIL_ALLOCATION=N that one, N+ all from there on, 0 none. OCI_RT_ALLOCATIONS=PATH gets
// a letter for each allocation that failed, or their number at the end if there was none to fail.
// A program that executes itself counts anew.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_calloc(std::size_t, std::size_t);
extern "C" void* __libc_realloc(void*, std::size_t);
extern "C" void* __libc_memalign(std::size_t, std::size_t);

namespace {

unsigned long count = 0;
unsigned long wanted = 0;
bool goes_on = false;
bool is_known = false;

void note(const char* text, std::size_t size) {
    const char* path = std::getenv("OCI_RT_ALLOCATIONS");
    const int file = path == nullptr ? -1 : ::open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0) return;
    if (::write(file, text, size) < 0) std::abort();
    ::close(file);
}

void learn() {
    is_known = true;
    const char* text = std::getenv("OCI_RT_FAIL_ALLOCATION");
    if (text == nullptr) return;
    for (; *text >= '0' && *text <= '9'; ++text)
        wanted = wanted * 10 + static_cast<unsigned>(*text - '0');
    goes_on = *text == '+';
}

bool fails() {
    if (!is_known) learn();
    ++count;
    if (wanted == 0 || count < wanted || (count > wanted && !goes_on)) return false;
    if (count == wanted) note("x", 1);
    errno = ENOMEM;
    return true;
}

__attribute__((destructor)) void tell() {
    if (wanted != 0) return;
    char text[24];
    std::size_t at = sizeof text;
    text[--at] = '\n';
    do text[--at] = static_cast<char>('0' + count % 10);
    while ((count /= 10) != 0);
    note(text + at, sizeof text - at);
}

}  // namespace

extern "C" void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
extern "C" void* calloc(std::size_t number, std::size_t size) {
    return fails() ? nullptr : __libc_calloc(number, size);
}
extern "C" void* realloc(void* block, std::size_t size) {
    return fails() ? nullptr : __libc_realloc(block, size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return fails() ? nullptr : __libc_memalign(alignment, size);
}
