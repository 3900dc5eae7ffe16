#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the architecture checks can fail: plants violations in a small house and looks for them."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import check_binary
import check_calls
import check_coverage
import check_floors
import check_mutations
import check_sizes
import common

FLOORS = """```floors
base     : oci-rt
kernel   : oci-rt base
spec     : oci-rt base
features : oci-rt base kernel
engine   : oci-rt base kernel features
cli      : oci-rt base
image    : oci-rt base
```
"""
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class House(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "ARCHITECTURE.md").write_text(FLOORS)
        self.put("src/base/text.hpp", "#pragma once\n")

    def put(self, name, text, spdx=SPDX):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spdx + text)

    def good(self, name, text):
        self.put(name, text)
        self.assertEqual(check_floors.check(self.root)[0], [], text)

    def bad(self, name, text, why):
        self.put(name, text)
        problems = check_floors.check(self.root)[0]
        (self.root / name).unlink()
        self.assertTrue([p for p in problems if why in p], f"{text!r} passed: {problems}")


class Floors(House):
    def test_includes_go_down(self):
        self.good("src/kernel/a.cpp", '#include "base/text.hpp"\n#include "oci-rt/error.hpp"\n#include <vector>\n')
        self.bad("src/base/a.cpp", '#include "kernel/mount.hpp"\n', "base may not include kernel")
        self.bad("src/cli/a.cpp", '  #  include "features/uts.hpp"\n', "cli may not include features")
        self.bad("src/unknown/a.cpp", '#include "base/text.hpp"\n', "not a floor")
        self.bad("src/base/a.cpp", '#include "text.hpp"\n', "write the path from src/")

    def test_the_table_has_no_circles(self):
        (self.root / "ARCHITECTURE.md").write_text(FLOORS.replace("base     : oci-rt", "base     : oci-rt cli"))
        self.assertIn("not above it", check_floors.check(self.root)[0][0])
        (self.root / "ARCHITECTURE.md").write_text("no table")
        self.assertTrue(check_floors.check(self.root)[0])

    def test_rooms_are_strangers(self):
        self.good("src/features/mounts/a.cpp", '#include "features/progress.hpp"\n#include "features/mounts/b.hpp"\n')
        self.good("src/features/sysctl.cpp", '#include "features/sysctl.hpp"\n')
        self.bad("src/features/mounts/a.cpp", '#include "features/cgroups/b.hpp"\n', "strangers")
        self.bad("src/features/mounts/a.cpp", '#include "features/sysctl.hpp"\n', "strangers")
        self.bad("src/features/sysctl.cpp", '#include "features/mounts/b.hpp"\n', "strangers")
        self.good("src/image/store/a.cpp", '#include "image/store/b.hpp"\n#include "image/digest.hpp"\n')
        self.good("src/image/program/a.cpp", '#include "image/store/b.hpp"\n')
        self.bad("src/image/store/a.cpp", '#include "image/unpack/b.hpp"\n', "strangers")
        self.bad("src/image/a.cpp", '#include "image/unpack/b.hpp"\n', "strangers")

    def test_rooms_of_images_are_strangers_too(self):
        self.good("src/image/sources/a.cpp", '#include "image/store/b.hpp"\n#include "image/digest.hpp"\n')
        self.good("src/image/program/a.cpp", '#include "image/unpack/b.hpp"\n')
        self.bad("src/image/store/a.cpp", '#include "image/sources/b.hpp"\n', "strangers")
        self.bad("src/image/digest.cpp", '#include "image/store/b.hpp"\n', "strangers")

    def test_public_headers_are_free(self):
        self.good("include/oci-rt/a.hpp", '#include "oci-rt/b.hpp"\n#include <string>\n#include <sys/types.h>\n')
        for line in ('#include "base/text.hpp"', "#include <fmt/format.h>", "#include <nlohmann/json.hpp>"):
            self.bad("include/oci-rt/a.hpp", line + "\n", "public header")

    def test_libraries_keep_their_place(self):
        self.good("src/spec/a.cpp", "#include <nlohmann/json.hpp>\n")
        self.good("src/cli/a.cpp", "#include <CLI/CLI.hpp>\n")
        self.good("src/features/seccomp/filter.cpp", "#include <seccomp.h>\n")
        for header in ("<nlohmann/json.hpp>", "<CLI/CLI.hpp>", "<seccomp.h>", "<sys/capability.h>"):
            self.bad("src/engine/a.cpp", f"#include {header}\n", "belongs to")
        self.bad("src/features/seccomp/load.cpp", "#include <seccomp.h>\n", "belongs to")

    def test_nothing_is_thrown(self):
        self.good("src/kernel/a.cpp", '// throw\n/* throw */ const char* text = "throw";\n')
        self.bad("src/kernel/a.cpp", "void f() { throw 1; }\n", "not thrown")
        self.good("src/spec/a.cpp", "void f() { try { g(); } catch (...) {} }\n")
        self.bad("src/engine/a.cpp", "void f() { try { g(); } catch (...) {} }\n", "try belongs")

    def test_the_try_macro_stands_alone(self):
        for line in ("OCI_TRY(f());", "const X x = OCI_TRY(f());", "x.y = OCI_TRY(f());", "if (a) OCI_TRY(f());",
                     "if (a(b)) OCI_TRY(f());", "else OCI_TRY(f());", "// like g(OCI_TRY(f()))"):
            self.good("src/kernel/a.cpp", f"void f() {{\n    {line}\n}}\n")
        for line in ("g(OCI_TRY(f()));", "return OCI_TRY(f());", "X x{OCI_TRY(f())};", "if (OCI_TRY(f())) g();",
                     "a == OCI_TRY(f());", "x += OCI_TRY(f());", "g(a,\n  OCI_TRY(f()));", "return g(\n  OCI_TRY(f()));"):
            self.bad("src/kernel/a.cpp", f"void f() {{\n    {line}\n}}\n", "OCI_TRY")

    def test_every_file_names_its_licence(self):
        self.put("src/kernel/a.cpp", "int a;\n", spdx="")
        self.assertIn("SPDX", check_floors.check(self.root)[0][0])

    def test_an_empty_house_is_no_success(self):
        shutil.rmtree(self.root / "src")
        self.assertTrue(check_floors.check(self.root)[0])


class Calls(House):
    def told(self, name, text):
        self.put(name, text)
        problems = check_calls.check(self.root)[0]
        (self.root / name).unlink()
        return "\n".join(problems)

    def test_what_is_written_is_seen(self):
        for call in ("::mount(a, b, c, 0, d);", "system(text);", "popen(text, mode);", "getpwnam(name);", "strcpy(a, b);",
                     "realpath(path, out);", "setlocale(0, name);", "std::filesystem::exists(path);", "strtol(t, e, 9);",
                     "std::stoi(text);", "atoi(text);", "std::strtoul(t, e, 9);", "std::regex r;", "::dlopen(name, 0);",
                     "sscanf(text, form);", "open_at(directory, name, O_WRONLY | O_TRUNC);", "std::sprintf(a, b);"):
            self.assertIn("banned", self.told("src/engine/a.cpp", f"void f() {{ {call} }}\n"), call)
        for header in ("iostream", "filesystem", "regex", "pwd.h", "dlfcn.h"):
            self.assertIn("banned", self.told("src/engine/a.cpp", f"#include <{header}>\n"), header)
        self.assertEqual(self.told("src/engine/a.cpp", "void f() { new_mount(a); kernel::mount(b); plan.mount(c); }  // mount(\n"
                                                       'const char* text = "system(x)";\n#include <cstdlib>\n'), "")

    def test_an_exception_is_for_one_file(self):
        self.assertEqual(self.told("src/image/sources/libarchive.cpp", "void f() { ::dlopen(name, 0); }\n"), "")
        self.assertIn("banned", self.told("src/image/sources/libarchive.cpp", "void f() { std::system(name); }\n"))
        self.assertIn("is not there", "\n".join(check_calls.check(self.root, self.root)[0]))

    def test_what_is_called_is_seen(self):
        if not shutil.which("g++"):
            self.skipTest("no g++")
        (self.root / "build/src/a.p").mkdir(parents=True)
        text = """#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <string>
#include <unistd.h>
int main(int n, char** v) {
    char buffer[64];
    std::sprintf(buffer, "%s", *v);
    std::cout << std::filesystem::exists(*v) << ::open(*v, n) << buffer << std::getenv(*v);
    return std::stoi(*v) + ::mkdir(*v, 0) + ::chdir(*v) + ::openat(n, *v, n);
}
"""
        self.put("src/engine/part/a_b.cpp", text.replace("#include <string>", "#include <string>\n#include <sys/stat.h>"))
        self.put("src/engine/clean.cpp", "#include <unistd.h>\nint f(int fd) { return ::close(fd); }\n")
        for name, built, flags in (("part/a_b", "engine_part_a_b", ["-D_FORTIFY_SOURCE=2", "-D_FILE_OFFSET_BITS=64"]),
                                   ("clean", "engine_clean", [])):
            subprocess.run(["g++", "-std=c++20", "-O1", *flags, "-c", str(self.root / f"src/engine/{name}.cpp"), "-o",
                            str(self.root / f"build/src/a.p/{built}.cpp.o")], check=True)
        problems, count = check_calls.check_objects(self.root, self.root / "build")
        self.assertEqual(count, 2)
        for call in ("sprintf", "open", "openat", "mkdir", "chdir", "getenv", "strtol", "std::filesystem", "streams"):
            self.assertTrue([line for line in problems if line.startswith(f"src/engine/part/a_b.cpp calls {call}: ")], call)
        self.assertFalse([line for line in problems if "clean" in line])


class Sizes(unittest.TestCase):
    def sizes(self, text):
        return [last - first + 1 for first, last in check_sizes.functions(common.code_of(text))]

    def test_functions_are_found(self):
        body = "\n".join("    g();" for _ in range(3))
        for head in ("void f()", "int A::f(int a) const noexcept", "A::A(int a)\n    : a_{a}, b_(a)", "auto f() -> X<int>",
                     'TEST_CASE("a name {")', "template <typename T>\nT f(T a)", "bool operator==(const A& a)",
                     "namespace a {\nvoid f()", "class A {\npublic:\n    void f()", "A::~A()",
                     "Result<X> f(const Y& y,\n            Z z)"):
            found = self.sizes(f"{head} {{\n{body}\n}}\n")
            self.assertEqual(len(found), 1, head)
            self.assertGreaterEqual(found[0], 5, head)

    def test_what_is_no_function_is_not_counted(self):
        for text in ("struct A {\n int a;\n};\n", "enum class E { A, B };\n", "constexpr std::array a{1, 2,\n 3};\n",
                     "namespace a {\nint b;\n}\n", "int a = 1;\nint b[] = {1,\n2};\n"):
            self.assertEqual(self.sizes(text), [], text)

    def test_inner_blocks_belong_to_their_function(self):
        text = "void f() {\n  if (a) {\n  }\n  auto l = [&](int b) {\n    return b;\n  };\n}\nvoid g() {\n}\n"
        self.assertEqual(self.sizes(text), [7, 2])

    def test_long_ones_are_told(self):
        long = "void f() {\n" + "    g();\n" * 60 + "}\n"
        self.assertTrue(list(check_sizes.check_text("a.cpp", long)))
        self.assertFalse(list(check_sizes.check_text("a.cpp", "void f() {\n" + "    g();\n" * 58 + "}\n")))
        self.assertTrue(list(check_sizes.check_text("a.py", "x\n" * 501)))
        self.assertFalse(list(check_sizes.check_text("a.py", "x\n" * 500)))

    def test_raw_strings_and_comments_do_not_confuse(self):
        self.assertEqual(self.sizes('void f() {\n  g(R"x({{{)x", \'{\', "}"); // }\n  /* } */\n}\n'), [4])


class Coverage(unittest.TestCase):
    LIST = """[a]
"/a" = { type = "object" }
"/a/b" = { type = "string" }
"/a/c" = { type = "int32", unit = ["c is taken"] }
"/d" = { unread = "for others" }
"""
    GOOD = """class T:
    @accepts("/a/{b,c}")
    @rejects("**")
    def test_it(self):
        pass
"""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        sys.path.insert(0, str(HERE.parent / "coverage"))
        import properties

        self.properties = properties
        self.document = {"a": {"b": "x", "c": 1}}

    def problems(self, tests, listed=None, units=("c is taken",)):
        (self.root / "properties.toml").write_text(listed or self.LIST)
        (self.root / "test_x.py").write_text(tests)
        known = self.properties.load(self.root / "properties.toml")
        marks = check_coverage.collect(self.root, self.properties)
        self.table = "\n".join(check_coverage.table(known, marks))
        return [*check_coverage.check_marks(known, marks, set(units)),
                *check_coverage.check_document(known, self.document, self.properties)]

    def test_complete_is_complete(self):
        self.assertEqual(self.problems(self.GOOD), [])
        self.assertIn("the effect of 3 is tested (100 %), and so are wrong values for 3 (100 %)", self.table)
        self.assertIn("| `/a/b` | string | `x.T.test_it` | `x.T.test_it` (2 values) |", self.table)

    def test_what_is_missing_is_told(self):
        for tests, why in ((self.GOOD.replace("{b,c}", "c"), "/a/b: no test observes its effect"),
                           (self.GOOD.replace("**", "/a/b"), "/a/c: no test sees a wrong value refused"),
                           (self.GOOD.replace("{b,c}", "{b,c,e}"), "no such property"),
                           (self.GOOD.replace("test_it", "it"), "it is no test"),
                           (self.GOOD.replace('"/a/{b,c}"', "EVERYTHING"), "plain texts")):
            self.assertIn(why, "\n".join(self.problems(tests)), tests)
        self.assertIn("no unit test", self.problems(self.GOOD, units=())[0])

    def test_the_document_has_what_is_listed(self):
        self.document = {"a": {"b": "x", "z": 1}, "d": {}}
        told = "\n".join(self.problems(self.GOOD))
        for why in ("/a/z: not in properties.toml", "/a/c: not in everything.py", "/d: unread, but in everything.py"):
            self.assertIn(why, told)


class Mutations(House):
    GOOD = """row: 9
what: it is not closed
fails: fds.Fds.test_closed

in src/engine/a.cpp
-    close(fd);
+    (void)fd;
"""
    TABLE = "| 9 | descriptors | `fds.Fds` | `open` |\n| 10 | others | `a_test.cpp` | – |\n"

    def told(self, mutation=GOOD, table=TABLE, code="void f(int fd) {\n    close(fd);\n}\n"):
        self.put("src/engine/a.cpp", code)
        self.put("tests/unit/a_test.cpp", "")
        self.put("tests/integration/test_fds.py", "class Fds:\n    def test_closed(self):\n", spdx="")
        self.put("tests/mutations/open.txt", mutation, spdx="")
        self.put("docs/threats.md", table, spdx="")
        return "\n".join(check_mutations.check(self.root)[0])

    def test_what_applies_is_good(self):
        self.assertEqual(self.told(), "")
        found = check_mutations.mutations.load(self.root / "tests/mutations")
        self.assertIn("{\n    (void)fd;\n}", found[0].files(self.root)["src/engine/a.cpp"])

    def test_what_does_not_is_told(self):
        for changed, why in (({"code": "void f() {}\n"}, "0 times"), ({"code": "    close(fd);\n" * 2}, "2 times"),
                             ({"mutation": self.GOOD.replace("test_closed", "test_x")}, "no test fds.Fds.test_x"),
                             ({"mutation": self.GOOD.replace("what: it is not closed\n", "")}, "has no row, what"),
                             ({"mutation": self.GOOD.replace("row: 9", "row: 11")}, "no row 11"),
                             ({"table": self.TABLE.replace("`open`", "–")}, "disagree about open"),
                             ({"table": self.TABLE.replace("`fds.Fds`", "")}, "row 9 has no test"),
                             ({"table": self.TABLE.replace("a_test", "b_test")}, "no b_test.cpp"), ({"table": ""}, "no table")):
            self.assertIn(why, self.told(**changed))


class Binary(unittest.TestCase):
    def compiled(self, *flags):
        if not shutil.which("g++"):
            self.skipTest("no g++")
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / "a.cpp").write_text("#include <cstdio>\n#include <string>\nint main(int n, char** v) { char b[64];"
                                      ' std::snprintf(b, n, "%s", *v); return std::stoi(b); }\n')
        subprocess.run(["g++", "-O1", *flags, str(folder / "a.cpp"), "-o", str(folder / "a")], check=True)
        return str(folder / "a")

    HARD = ["-fPIE", "-pie", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack", "-fstack-protector-all"]

    def test_a_hardened_one_passes(self):
        binary = self.compiled(*self.HARD, "-static-libstdc++", "-static-libgcc")
        self.assertEqual(check_binary.check(binary, "release"), [])

    def test_each_weakness_is_told(self):
        for flags, why in ((["-no-pie"], "position"), (["-Wl,-z,lazy"], "BIND_NOW"), (["-Wl,-z,norelro"], "RELRO"),
                           (["-Wl,-z,execstack"], "executable stack"), (["-fno-stack-protector"], "stack protector"),
                           (["-Wl,-rpath,/x"], "run path")):
            problems = check_binary.check(self.compiled(*self.HARD, *flags))
            self.assertTrue([p for p in problems if why in p], f"{flags}: {problems}")
        self.assertIn("needs libstdc++", check_binary.check(self.compiled(*self.HARD), "release")[0])


if __name__ == "__main__":
    unittest.main(verbosity=1)
