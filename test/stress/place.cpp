// SPDX-License-Identifier: Apache-2.0
#include "test/stress/place.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "common/os/retry.hpp"
#include "test/support/process.hpp"
#include "test/support/server.hpp"

namespace patchbay::stress {

namespace {

using os::UniqueFd;
using test::fail_errno;

constexpr int kPort = 80;

[[noreturn]] void live(int ready, const std::string& protocol, const std::string& tag) {
  try {
    if (unshare(CLONE_NEWNET) != 0) fail_errno("unshare");
    const int server = test::open_server(protocol, kPort);
    if (write(ready, "!", 1) != 1) fail_errno("write");
    close(ready);
    test::serve_forever(server, protocol, tag);
  } catch (const std::exception&) {
    _exit(1);
  }
}

}  // namespace

Place::Place(std::string name, std::string protocol) : name_(std::move(name)), protocol_(std::move(protocol)) {
  show();
}

Place::~Place() {
  try {
    remove();
  } catch (const std::exception&) {
    std::abort();  // a process or a mount of ours would stay
  }
}

void Place::make() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("pipe2");
  UniqueFd ready{ends[0]}, tell{ends[1]};
  process_ = fork();
  if (process_ < 0) fail_errno("fork");
  if (process_ == 0) live(tell.get(), protocol_, name_);
  tell.reset();
  char byte = 0;
  if (os::retry_interrupted([&] { return read(ready.get(), &byte, 1); }) != 1)
    throw std::runtime_error{"no namespace for " + name_};
  netns_.reset(open(("/proc/" + std::to_string(process_) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!netns_) fail_errno("open the namespace of " + name_);
}

void Place::show() {
  if (shown_) return;
  if (!netns_) make();
  std::ofstream{path()}.close();
  const auto source = "/proc/self/fd/" + std::to_string(netns_.get());
  if (mount(source.c_str(), path().c_str(), nullptr, MS_BIND, nullptr) != 0) fail_errno("bind " + path());
  shown_ = true;
}

void Place::hide() {
  if (!shown_) return;
  if (umount2(path().c_str(), MNT_DETACH) != 0) fail_errno("unmount " + path());
  if (unlink(path().c_str()) != 0) fail_errno("unlink " + path());
  shown_ = false;
}

void Place::dismiss() const {
  if (process_ > 0) static_cast<void>(kill(process_, SIGTERM));  // ended already, it is to be reaped all the same
}

void Place::remove() {
  hide();
  if (process_ > 0) test::end(process_);
  process_ = -1;
  netns_.reset();
}

}  // namespace patchbay::stress
