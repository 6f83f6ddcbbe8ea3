// SPDX-License-Identifier: Apache-2.0
// One backend under load, see scripts/stress. 0: all was correct; 1: it was not; 2: not understood.
#include <getopt.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>

#include "test/stress/load.hpp"
#include "test/stress/report.hpp"

namespace {

using namespace patchbay;

constexpr int kFewestWorkers = 2, kMostWorkers = 250;  // one on each network; a network of 254 addresses

template <typename Number>
Number number(const char* text, Number least, Number most) {
  Number value{};
  const char* end = text + std::strlen(text);
  const auto [stopped, failure] = std::from_chars(text, end, value);
  if (failure != std::errc{} || stopped != end || value < least || value > most)
    throw std::invalid_argument{std::string{"no number in bounds: "} + text};
  return value;
}

std::string backend(const char* text) {
  std::string name{text};
  if (name != "nftables" && name != "iptables") throw std::invalid_argument{"no backend: " + name};
  return name;
}

stress::Options parse(int argc, char* argv[]) {
  static constexpr option kOptions[] = {{"seconds", required_argument, nullptr, 's'},
                                        {"workers", required_argument, nullptr, 'w'},
                                        {"seed", required_argument, nullptr, 'r'},
                                        {"backend", required_argument, nullptr, 'b'},
                                        {"out", required_argument, nullptr, 'o'},
                                        {"remove-namespaces", no_argument, nullptr, 'n'},
                                        {nullptr, 0, nullptr, 0}};
  stress::Options options{.seed = std::random_device{}()};
  for (int option = 0; (option = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (option) {
      case 's':
        options.duration = std::chrono::seconds{number(optarg, 1, 86400)};
        break;
      case 'w':
        options.workers = number(optarg, kFewestWorkers, kMostWorkers);
        break;
      case 'r':
        options.seed = number(optarg, 0U, ~0U);
        break;
      case 'b':
        options.backend = backend(optarg);
        break;
      case 'o':
        options.out = optarg;
        break;
      case 'n':
        options.remove_namespaces = true;
        break;
      default:
        throw std::invalid_argument{"see scripts/stress --help"};
    }
  }
  if (optind != argc) throw std::invalid_argument{std::string{"what is "} + argv[optind] + "?"};
  return options;
}

int run(const stress::Options& options) {
  if (options.backend == "iptables") {
    if (const auto reason = test::lacks_legacy_iptables()) {
      std::cout << "SKIPPED: " << *reason << "\n";
      return EXIT_SUCCESS;
    }
  }
  // Told first: whatever happens, the run can be repeated.
  std::cout << "stress: " << options.backend << ", seed " << options.seed << std::endl;
  stress::Tally tally;
  // Opened while the path still means what it meant to the caller.
  std::ofstream out;
  if (!options.out.empty()) out.open(options.out);
  stress::put_under_load(options, tally);
  std::cout << stress::text(options, tally) << std::flush;
  if (!options.out.empty() && !(out << stress::json(options, tally).dump(2) << "\n" << std::flush))
    throw std::runtime_error{"cannot write " + options.out};
  return stress::is_correct(tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char* argv[]) {
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return EXIT_FAILURE;
  // ip, nft and others live where ordinary users do not look.
  const char* path = std::getenv("PATH");
  if (setenv("PATH", (std::string{path == nullptr ? "/usr/bin:/bin" : path} + ":/usr/sbin:/sbin").c_str(), 1) != 0)
    return EXIT_FAILURE;
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::cerr << "stress: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "stress: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
