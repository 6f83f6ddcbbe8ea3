// SPDX-License-Identifier: Apache-2.0
#include "test/hardening/elf.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace patchbay::test {

template <typename Pod>
Pod Elf::at(std::uint64_t offset) const {
  if (offset > file_.size() || sizeof(Pod) > file_.size() - offset) throw std::runtime_error{"the file ends early"};
  Pod pod;
  std::memcpy(&pod, file_.data() + offset, sizeof pod);
  return pod;
}

Elf::Elf(const std::string& path) {
  std::ifstream input{path, std::ios::binary};
  file_.assign(std::istreambuf_iterator<char>{input}, {});
  const auto header = at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
    throw std::runtime_error{path + " is no 64-bit ELF file"};
  type_ = header.e_type;
  machine_ = header.e_machine;
  for (unsigned i = 0; i < header.e_phnum; ++i)
    segments_.push_back(at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr)));
  for (const Elf64_Phdr& segment : segments(PT_DYNAMIC)) {
    for (std::uint64_t end = segment.p_filesz / sizeof(Elf64_Dyn), i = 0; i < end; ++i)
      dynamic_.push_back(at<Elf64_Dyn>(segment.p_offset + i * sizeof(Elf64_Dyn)));
  }
  const auto section = [&](unsigned i) { return at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)); };
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto table = section(i);
    if (table.sh_type == SHT_SYMTAB || table.sh_type == SHT_DYNSYM) read_symbols(table, section(table.sh_link));
  }
}

void Elf::read_symbols(const Elf64_Shdr& table, const Elf64_Shdr& names) {
  for (std::uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = at<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
    const std::uint64_t start = names.sh_offset + symbol.st_name;
    if (symbol.st_name == 0 || start >= file_.size()) continue;
    std::string name{&file_[start]};
    name.resize(std::min(name.find('@'), name.size()));  // "memcpy@GLIBC_2.14"
    if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_size > 0)
      functions_.push_back({name, symbol.st_value, symbol.st_size});
    symbols_.insert(std::move(name));
  }
}

std::vector<Elf64_Phdr> Elf::segments(std::uint32_t type) const {
  std::vector<Elf64_Phdr> found;
  std::copy_if(segments_.begin(), segments_.end(), std::back_inserter(found),
               [&](const auto& segment) { return segment.p_type == type; });
  return found;
}

std::vector<std::uint64_t> Elf::dynamic(std::int64_t tag) const {
  std::vector<std::uint64_t> found;
  for (const Elf64_Dyn& entry : dynamic_) {
    if (entry.d_tag == tag) found.push_back(entry.d_un.d_val);
  }
  return found;
}

bool Elf::has_flag(std::int64_t tag, std::uint64_t flag) const {
  const auto values = dynamic(tag);
  return std::any_of(values.begin(), values.end(), [&](std::uint64_t value) { return (value & flag) != 0; });
}

std::uint64_t Elf::offset_of(std::uint64_t address) const {
  for (const Elf64_Phdr& segment : segments(PT_LOAD)) {
    if (address >= segment.p_vaddr && address < segment.p_vaddr + segment.p_filesz)
      return address - segment.p_vaddr + segment.p_offset;
  }
  throw std::runtime_error{"an address outside the file"};
}

std::string Elf::code(std::string_view function) const {
  const auto found =
      std::find_if(functions_.begin(), functions_.end(), [&](const auto& it) { return it.name == function; });
  if (found == functions_.end()) return {};
  return file_.substr(offset_of(found->address), found->size);
}

}  // namespace patchbay::test
