// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/log_lines.hpp"

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace oci::serve;
namespace kernel = oci::kernel;

void write(const std::string& path, std::string_view text) {
    REQUIRE(kernel::replace_text(kernel::here, path.c_str(), text, 0600));
}

std::string all_of(LogFiles& files) {
    std::string all;
    for (std::string text = files.read(); !text.empty(); text = files.read()) all += text;
    return all;
}

}  // namespace

TEST_CASE("a line has a time, a stream, an end or none, and a text") {
    const auto line = parse_log_line("2026-01-01T00:00:00.5Z stderr P a b");
    REQUIRE(line);
    CHECK((line->stream == "stderr" && !line->is_whole && line->text == "a b"));
    CHECK(parse_log_line("t stdout F ")->text.empty());
    CHECK(parse_log_line("t stdout F")->text.empty());
    for (const char* bad : {"", "a", "a b", "a b ", "t stdin F x", "t stdout X x"})
        CHECK_FALSE(parse_log_line(bad));
}

TEST_CASE("lines are taken by their time and stream") {
    const auto line = *parse_log_line("2026-01-01T10:00:00.5Z stdout F x");
    CHECK(LogFilter{}.takes(line));
    CHECK(LogFilter{.since = "2026-01-01T10:00:00"}.takes(line));
    CHECK_FALSE(LogFilter{.since = "2026-01-01T10:00:01"}.takes(line));
    CHECK(LogFilter{.until = "2026-01-01T10:00:00"}.takes(line));
    CHECK_FALSE(LogFilter{.until = "2026-01-01T09"}.takes(line));
    CHECK_FALSE(LogFilter{.output = false}.takes(line));
}

TEST_CASE("a log is read from its oldest file on, and over its rotation") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path("log");
    CHECK_FALSE(LogFiles{path}.open());
    write(path + ".1", "a\nb\n");
    write(path, "c\nhalf");
    LogFiles files{path};
    REQUIRE(files.open());
    CHECK(all_of(files) == "a\nb\nc\n");
    REQUIRE(kernel::rename(kernel::here, path.c_str(), (path + ".1").c_str()));
    write(path, "d\n");
    CHECK(all_of(files) == "halfd\n");
}

TEST_CASE("the last lines are found over several files") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path("log");
    write(path + ".1", "a\nb\n");
    write(path, "c\nd\n");
    for (const auto& [lines, text] :
         {std::pair{0, ""}, {1, "d\n"}, {3, "b\nc\nd\n"}, {9, "a\nb\nc\nd\n"}}) {
        LogFiles files{path};
        REQUIRE(files.open());
        files.skip_to_last(static_cast<std::uint64_t>(lines));
        CHECK(all_of(files) == text);
    }
}

TEST_CASE("a reader that is slow finds all files that came meanwhile") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path("log");
    const auto rotate = [&path] {
        for (int number = 4; number > 0; --number) {
            const std::string from = number == 1 ? path : path + "." + std::to_string(number - 1);
            const std::string to = path + "." + std::to_string(number);
            (void)kernel::rename(kernel::here, from.c_str(), to.c_str());  // it may not be there
        }
    };
    write(path, "a\n");
    LogFiles files{path};
    REQUIRE(files.open());
    CHECK(all_of(files) == "a\n");
    write(path, "b\n");
    rotate();
    write(path, "c\n");
    rotate();
    write(path, "d\n");
    CHECK(all_of(files) == "b\nc\nd\n");
    for (const char* text : {"e\n", "f\n", "g\n", "h\n", "i\n", "j\n"}) {
        rotate();
        write(path, text);
    }
    CHECK(all_of(files) == "f\ng\nh\ni\nj\n");  // the one before is not there any more
}

TEST_CASE("what is no regular file is no log") {
    const test::TemporaryDirectory folder;
    const std::string path = folder.path("log");
    REQUIRE(kernel::make_symlink("/etc/passwd", kernel::here, path.c_str()));
    CHECK_FALSE(LogFiles{path}.open());
}
