// SPDX-License-Identifier: Apache-2.0
#include "common/base/error.hpp"

#include <cerrno>
#include <stdexcept>

#include "common/base/error_list.hpp"
#include "test/support/catch.hpp"

using patchbay::Code;
using patchbay::Error;
using patchbay::ErrorList;

namespace {

template <typename Work>
Error error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return Error{Code::internal, ""};
}

}  // namespace

TEST_CASE("an error tells context, message and errno in one line, outermost context first") {
  const Error error = error_of([] {
    patchbay::with_context("add container c1", [] {
      patchbay::with_context("attach vethab12 to bridge cni0",
                             [] { throw patchbay::system_error(Code::kernel_refused, "set master", EBUSY); });
    });
  });
  CHECK(error.code() == Code::kernel_refused);
  CHECK(error.error_number() == EBUSY);
  CHECK(error.summary() ==
        "add container c1: attach vethab12 to bridge cni0: set master: Device or resource busy (EBUSY)");
  CHECK(std::string{error.what()} == "set master");
  CHECK(error.details().empty());
}

TEST_CASE("an error's details name pointer, expectation, the kernel's words and the hint, in this order") {
  const Error error = Error{Code::invalid_config, "mtu is out of range"}
                          .hint("leave it out")
                          .expected("0..65535")
                          .reason(EINVAL, "mtu too big")
                          .at("/mtu");
  CHECK(error.details() == "at /mtu; expected 0..65535; kernel says: mtu too big; hint: leave it out");
  CHECK(error.summary() == "mtu is out of range: Invalid argument (EINVAL)");
  CHECK(error.pointer() == "/mtu");
}

TEST_CASE("unknown error numbers are still told") {
  CHECK(patchbay::describe_errno(ENOENT) == "No such file or directory (ENOENT)");
  CHECK(patchbay::describe_errno(4093) == "error 4093");
}

TEST_CASE("with_context returns what the work returns and leaves other exceptions alone") {
  CHECK(patchbay::with_context("count", [] { return 42; }) == 42);
  int value = 1;
  int& reference = patchbay::with_context("refer", [&]() -> int& { return value; });
  CHECK(&reference == &value);
  CHECK_THROWS_AS(patchbay::with_context("break", [] { throw std::runtime_error{"other"}; }), std::runtime_error);
}

TEST_CASE("an error list runs every step and reports nothing when nothing failed") {
  ErrorList errors;
  int steps = 0;
  errors.attempt("one", [&] { ++steps; });
  errors.attempt("two", [&] { ++steps; });
  CHECK(steps == 2);
  CHECK(errors.empty());
  CHECK_NOTHROW(errors.throw_if_any());
}

TEST_CASE("an error list with one failure throws that failure") {
  ErrorList errors;
  int steps = 0;
  errors.attempt("remove link", [] { throw Error{Code::try_again, "busy"}.hint("wait"); });
  errors.attempt("release lease", [&] { ++steps; });
  CHECK(steps == 1);
  CHECK_FALSE(errors.empty());
  const Error error = error_of([&] { errors.throw_if_any(); });
  CHECK(error.code() == Code::try_again);
  CHECK(error.summary() == "remove link: busy");
  CHECK(error.details() == "hint: wait");
}

TEST_CASE("an error list with several failures tells of all and keeps the first code") {
  ErrorList errors;
  errors.attempt("remove link", [] { throw Error{Code::try_again, "busy"}.hint("wait"); });
  errors.add(Error{Code::io_failure, "disk full"});
  const Error error = error_of([&] { errors.throw_if_any(); });
  CHECK(error.code() == Code::try_again);
  CHECK(error.summary() == "2 steps failed: remove link: busy [hint: wait]; disk full");
}

TEST_CASE("an error list does not swallow what is no Error") {
  ErrorList errors;
  CHECK_THROWS_AS(errors.attempt("break", [] { throw std::logic_error{"defect"}; }), std::logic_error);
}
