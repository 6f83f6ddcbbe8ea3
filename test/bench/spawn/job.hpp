// SPDX-License-Identifier: Apache-2.0
// What to run, as the benchmark writes it to stdin, one item a line:
//
//   chain                  a new chain; all chains run at once, the steps of each one after another
//   step /usr/lib/cni/bridge
//   arg setup              any number
//   env CNI_COMMAND=ADD    any number; nothing is inherited
//   input {"name":...}     stdin; @previous@ in it is what the step before has printed
#pragma once

#include <string>
#include <vector>

namespace bench {

struct Step {
  std::vector<std::string> arguments, environment;
  std::string input;
};
using Chain = std::vector<Step>;

std::vector<Chain> read_job(int fd);
std::string read_all(int fd);  // until its end, or until a non-blocking one has no more
std::string with_previous(const std::string& input, const std::string& previous);

[[noreturn]] void die(const char* what);

}  // namespace bench
