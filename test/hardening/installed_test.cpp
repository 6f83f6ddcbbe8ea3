// SPDX-License-Identifier: Apache-2.0
// How the executables are built, looked at where `cmake --install` puts them.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "test/hardening/elf.hpp"
#include "test/support/catch.hpp"
#include "test/support/process.hpp"
#include "test/unit/os/scratch.hpp"

using namespace patchbay::test;

namespace {

namespace fs = std::filesystem;

constexpr bool kHardened = PATCHBAY_HARDENED;

// `cmake --install`, into a directory in place of the root.
class Installed {
 public:
  Installed() {
    auto environment = own_environment();
    environment.push_back("DESTDIR=" + scratch_.path());
    const Ran ran = run({.arguments = {PATCHBAY_CMAKE, "--install", PATCHBAY_BUILD}, .environment = environment});
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
  }
  [[nodiscard]] std::string plugin(const std::string& name) const {
    return scratch_.path() + PATCHBAY_PLUGIN_DIR "/" + name;
  }
  [[nodiscard]] std::string tool() const { return scratch_.path() + PATCHBAY_INSTALL_BINDIR "/patchbay"; }
  // Everything that can be executed, but for the one script.
  [[nodiscard]] std::vector<std::string> executables() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{scratch_.path()}) {
      if (entry.path().filename() == "install-node") continue;
      if (entry.is_regular_file() && (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none)
        found.push_back(entry.path());
    }
    return found;
  }

 private:
  Scratch scratch_;
};

std::string bytes(std::initializer_list<unsigned char> values) { return {values.begin(), values.end()}; }

bool contains_code(const std::string& code, const std::string& pattern) {
  return code.find(pattern) != std::string::npos;
}

// x86-64, as compilers write it.
const std::string kLandingPad = bytes({0xF3, 0x0F, 0x1E, 0xFA});    // endbr64
const std::string kCanary = bytes({0x25, 0x28, 0x00, 0x00, 0x00});  // ... %fs:0x28
const std::string kProbe = bytes({0x48, 0x83, 0x0C, 0x24, 0x00});   // orq $0, (%rsp)

}  // namespace

TEST_CASE("everything is installed, and nothing else") {
  if (!kHardened) PATCHBAY_SKIP("this build is not the one that is shipped");
  const Installed installed;
  const auto found = installed.executables();
  const std::set<std::string> names{found.begin(), found.end()};
  std::set<std::string> expected{installed.tool()};
  for (const char* name :
       {"bridge", "veth", "ptp", "loopback", "host-local", "static", "portmap", "tuning", "bandwidth", "firewall"})
    expected.insert(installed.plugin(name));
  for (const char* name : {"bridge", "veth", "portmap", "firewall"})
    expected.insert(installed.plugin(std::string{"libiptc/"} + name));
  CHECK(names == expected);
}

TEST_CASE("memory is laid out at random, never both writable and executable, and bound once") {
  if (!kHardened) PATCHBAY_SKIP("this build is not the one that is shipped");
  const Installed installed;
  for (const std::string& path : installed.executables()) {
    CAPTURE(path);
    const Elf elf{path};
    CHECK(elf.is_position_independent());
    CHECK(elf.has_flag(DT_FLAGS_1, DF_1_PIE));
    for (const Elf64_Phdr& segment : elf.segments()) {
      if (segment.p_type != PT_LOAD && segment.p_type != PT_GNU_STACK) continue;
      CHECK((segment.p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
    }
    CHECK(elf.segments(PT_GNU_STACK).size() == 1);
    // Full RELRO: everything is relocated before main(), and not writable after.
    CHECK(elf.segments(PT_GNU_RELRO).size() == 1);
    CHECK(elf.has_flag(DT_FLAGS_1, DF_1_NOW));
    CHECK(elf.dynamic(DT_TEXTREL).empty());
    CHECK_FALSE(elf.has_flag(DT_FLAGS, DF_TEXTREL));
  }
}

TEST_CASE("no library comes from a place of our own choosing") {
  if (!kHardened) PATCHBAY_SKIP("this build is not the one that is shipped");
  const Installed installed;
  for (const std::string& path : installed.executables()) {
    CAPTURE(path);
    const Elf elf{path};
    CHECK(elf.dynamic(DT_RPATH).empty());
    CHECK(elf.dynamic(DT_RUNPATH).empty());
  }
  for (const char* name :
       {"bridge", "veth", "ptp", "loopback", "host-local", "static", "portmap", "tuning", "bandwidth", "firewall"}) {
    CAPTURE(name);
    CHECK(Elf{installed.plugin(name)}.dynamic(DT_NEEDED).empty());
  }
}

TEST_CASE("our own code guards its stack, its branches and its buffers") {
  if (!kHardened) PATCHBAY_SKIP("this build is not the one that is shipped");
  const Installed installed;
  for (const std::string& path : installed.executables()) {
    CAPTURE(path);
    const Elf elf{path};
    CHECK(elf.symbols().contains("__stack_chk_fail"));
    const bool checks_sizes = std::any_of(elf.symbols().begin(), elf.symbols().end(), [](const auto& name) {
      return name.starts_with("__") && name.ends_with("_chk");  // of _FORTIFY_SOURCE
    });
    CHECK(checks_sizes);
    if (elf.machine() != EM_X86_64) continue;
    CHECK(elf.code("main").starts_with(kLandingPad));
    if (path == installed.tool()) continue;
    // It has an array of 8 KiB.
    const std::string reading = elf.code("_ZN8patchbay8contract6detail10read_inputB5cxx11ERKNS1_8PatienceE");
    REQUIRE_FALSE(reading.empty());
    CHECK(reading.starts_with(kLandingPad));
    CHECK(contains_code(reading, kCanary));
    CHECK(contains_code(reading, kProbe));
  }
}
