// SPDX-License-Identifier: Apache-2.0
// An executable as its file describes it (elf(5)); of our own class and byte order.
#pragma once

#include <elf.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

class Elf {
 public:
  explicit Elf(const std::string& path);  // throws when it is none

  [[nodiscard]] bool is_position_independent() const { return type_ == ET_DYN; }
  [[nodiscard]] std::uint16_t machine() const { return machine_; }
  [[nodiscard]] const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  [[nodiscard]] std::vector<Elf64_Phdr> segments(std::uint32_t type) const;
  // Values of the dynamic section's entries of this tag, DT_…
  [[nodiscard]] std::vector<std::uint64_t> dynamic(std::int64_t tag) const;
  [[nodiscard]] bool has_flag(std::int64_t tag, std::uint64_t flag) const;
  [[nodiscard]] const std::set<std::string>& symbols() const { return symbols_; }  // imported ones, too
  // The machine code of a function, by its (mangled) name; empty when it is not told.
  [[nodiscard]] std::string code(std::string_view function) const;

 private:
  template <typename Pod>
  [[nodiscard]] Pod at(std::uint64_t offset) const;
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const;
  void read_symbols(const Elf64_Shdr& table, const Elf64_Shdr& names);

  struct Function {
    std::string name;
    std::uint64_t address, size;
  };
  std::string file_;
  std::uint16_t type_ = 0, machine_ = 0;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Dyn> dynamic_;
  std::set<std::string> symbols_;
  std::vector<Function> functions_;
};

}  // namespace patchbay::test
