// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/sight.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "test/faults/injector/datagram.hpp"

namespace patchbay::faults {
namespace {

constexpr int kReplaceTable = 64;  // IPT_SO_SET_REPLACE, IP6T_SO_SET_REPLACE

int fd_of(const Tracee& tracee) { return static_cast<int>(tracee.argument(0)); }

bool exists(const Tracee& tracee, int directory, const std::string& path) {
  const std::string at = path.starts_with('/') || directory == AT_FDCWD ? "" : tracee.file(directory) + "/";
  return access((at + path).c_str(), F_OK) == 0;
}

void look_at_open(Sight& sight, const Tracee& tracee) {
  const auto flags = static_cast<int>(tracee.argument(2));
  sight.detail = tracee.text(tracee.argument(1));
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  // Searches along PATH, which pass over what they may not look at.
  if ((flags & O_PATH) != 0) std::erase(sight.errors, EACCES);
  sight.changes_state = unnamed || (flags & O_CREAT) != 0;
  sight.takes_space = unnamed || ((flags & O_CREAT) != 0 && !exists(tracee, fd_of(tracee), sight.detail));
  if (sight.takes_space) sight.errors.push_back(ENOSPC);
  if (sight.changes_state) sight.errors.push_back(EROFS);
}

void look_at_write(Sight& sight, const Tracee& tracee) {
  const int fd = fd_of(tracee);
  sight.detail = tracee.file(fd);
  sight.changes_state = fd != STDERR_FILENO;
  sight.can_be_short = tracee.argument(2) > 1;
  if (fd == STDOUT_FILENO) {
    sight.errors = {EPIPE, ENOSPC};
  } else if (sight.detail.starts_with("/proc/")) {
    sight.errors = {EACCES, EIO};
    sight.can_be_short = false;
  } else if (!sight.detail.starts_with("/")) {
    sight.errors = {EPIPE};
  } else if (!sight.detail.starts_with("/memfd:")) {
    sight.takes_space = true;
  }
}

void look_at_read(Sight& sight, const Tracee& tracee) {
  sight.detail = tracee.file(fd_of(tracee));
  // The kernel makes no half of what /proc tells or what a pipe holds.
  sight.can_be_short = tracee.argument(2) > 1 && sight.detail.starts_with('/') && !sight.detail.starts_with("/proc/");
}

void look_at_send(Sight& sight, const Tracee& tracee) {
  const Datagram datagram = read_datagram(tracee);
  sight.netlink = !datagram.messages.empty();
  sight.changes_state = datagram.changes_something();
  sight.refusable = datagram.refusable();
  sight.detail = datagram.describe();
}

void look_at_receive(Sight& sight, const Tracee& tracee, bool awaits_change) {
  sight.netlink = sight.receives = is_netlink(tracee, fd_of(tracee));
  sight.changes_state = sight.netlink && awaits_change;
  sight.detail = tracee.file(fd_of(tracee));
}

void look_at_socket_option(Sight& sight, const Tracee& tracee) {
  const auto level = static_cast<int>(tracee.argument(1)), option = static_cast<int>(tracee.argument(2));
  sight.changes_state =
      (level == IPPROTO_IP || level == IPPROTO_IPV6) && option == kReplaceTable && sight.call->number == SYS_setsockopt;
  if (sight.changes_state) sight.errors = {ENOMEM, EPERM, EAGAIN};
  sight.detail = "level " + std::to_string(level) + " option " + std::to_string(option);
}

void look_at_path(Sight& sight, const Tracee& tracee, int position, bool takes_space) {
  sight.detail = tracee.text(tracee.argument(position));
  sight.changes_state = true;
  sight.takes_space = takes_space;
}

bool always_changes(long number) {
  switch (number) {
    case SYS_ftruncate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_flock:
    case SYS_setns:
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
    case SYS_execveat:
      return true;
    default:
      return false;
  }
}

}  // namespace

Sight look(const Tracee& tracee, const Call& call, bool awaits_change) {
  Sight sight{.call = &call, .errors = call.errors, .changes_state = always_changes(call.number)};
  switch (call.number) {
    case SYS_openat:
      look_at_open(sight, tracee);
      break;
    case SYS_write:
    case SYS_pwrite64:
      look_at_write(sight, tracee);
      break;
    case SYS_read:
    case SYS_pread64:
      look_at_read(sight, tracee);
      break;
    case SYS_mkdir:
    case SYS_symlink:
    case SYS_rename:
    case SYS_link:
      look_at_path(sight, tracee, 0, true);
      break;
    case SYS_mkdirat:
    case SYS_symlinkat:
    case SYS_renameat:
    case SYS_renameat2:
      look_at_path(sight, tracee, 1, true);
      break;
    case SYS_linkat:
      look_at_path(sight, tracee, 3, true);
      break;
    case SYS_unlink:
    case SYS_execve:
      look_at_path(sight, tracee, 0, false);
      break;
    case SYS_unlinkat:
      look_at_path(sight, tracee, 1, false);
      break;
    case SYS_sendto:
    case SYS_sendmsg:
      look_at_send(sight, tracee);
      break;
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
      look_at_receive(sight, tracee, awaits_change);
      break;
    case SYS_socket:
      sight.netlink = tracee.argument(0) == AF_NETLINK;
      break;
    case SYS_setsockopt:
    case SYS_getsockopt:
      look_at_socket_option(sight, tracee);
      break;
    default:
      if (call.number == SYS_flock || call.number == SYS_fstat) sight.detail = tracee.file(fd_of(tracee));
  }
  return sight;
}

}  // namespace patchbay::faults
