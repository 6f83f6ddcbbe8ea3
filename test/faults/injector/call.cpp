// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/call.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace patchbay::faults {
namespace {

const std::array kCalls{
    // Files. What depends on the file (a pipe, a sysctl) is in sight.cpp.
    Call{.number = SYS_openat,
         .name = "openat",
         .errors = {EMFILE, EACCES, EIO},
         .interruptible = true,
         .makes_descriptor = true},
    Call{.number = SYS_read, .name = "read", .errors = {EIO}, .interruptible = true},
    Call{.number = SYS_pread64, .name = "pread64", .errors = {EIO}, .interruptible = true},
    Call{.number = SYS_write, .name = "write", .errors = {ENOSPC, EIO}, .interruptible = true},
    Call{.number = SYS_pwrite64, .name = "pwrite64", .errors = {ENOSPC, EIO}, .interruptible = true},
    Call{.number = SYS_ftruncate, .name = "ftruncate", .errors = {EIO}, .interruptible = true},
    Call{.number = SYS_fsync, .name = "fsync", .errors = {EIO}, .interruptible = true},
    Call{.number = SYS_fdatasync, .name = "fdatasync", .errors = {EIO}, .interruptible = true},
    Call{.number = SYS_flock, .name = "flock", .errors = {ENOLCK}, .interruptible = true},
    Call{.number = SYS_mkdir, .name = "mkdir", .errors = {ENOSPC, EROFS}},
    Call{.number = SYS_mkdirat, .name = "mkdirat", .errors = {ENOSPC, EROFS}},
    Call{.number = SYS_unlink, .name = "unlink", .errors = {EIO, EROFS}},
    Call{.number = SYS_unlinkat, .name = "unlinkat", .errors = {EIO, EROFS}},
    Call{.number = SYS_rename, .name = "rename", .errors = {ENOSPC, EIO}},
    Call{.number = SYS_renameat, .name = "renameat", .errors = {ENOSPC, EIO}},
    Call{.number = SYS_renameat2, .name = "renameat2", .errors = {ENOSPC, EIO}},
    Call{.number = SYS_link, .name = "link", .errors = {ENOSPC, EIO}},
    Call{.number = SYS_linkat, .name = "linkat", .errors = {ENOSPC, EIO}},
    Call{.number = SYS_symlink, .name = "symlink", .errors = {ENOSPC}},
    Call{.number = SYS_symlinkat, .name = "symlinkat", .errors = {ENOSPC}},
    Call{.number = SYS_newfstatat, .name = "newfstatat", .errors = {EIO}},
    Call{.number = SYS_fstat, .name = "fstat", .errors = {EIO}},
    Call{.number = SYS_stat, .name = "stat", .errors = {EIO}},
    Call{.number = SYS_statx, .name = "statx", .errors = {EIO}},
    Call{.number = SYS_statfs, .name = "statfs", .errors = {EIO}},
    Call{.number = SYS_getdents64, .name = "getdents64", .errors = {EIO}},
    Call{.number = SYS_readlink, .name = "readlink", .errors = {EIO}},
    Call{.number = SYS_readlinkat, .name = "readlinkat", .errors = {EIO}},
    Call{.number = SYS_access, .name = "access", .errors = {EIO}},
    Call{.number = SYS_faccessat2, .name = "faccessat2", .errors = {EIO}},
    Call{.number = SYS_memfd_create,
         .name = "memfd_create",
         .errors = {EMFILE, ENOMEM},
         .makes_descriptor = true,
         .takes_memory = true},
    Call{.number = SYS_pipe2, .name = "pipe2", .errors = {EMFILE, ENFILE}, .makes_descriptor = true},
    Call{.number = SYS_dup2, .name = "dup2", .errors = {EBUSY}, .interruptible = true},
    // Sockets.
    Call{.number = SYS_socket, .name = "socket", .errors = {EMFILE, ENOMEM}, .makes_descriptor = true},
    Call{.number = SYS_bind, .name = "bind", .errors = {ENOMEM}},
    Call{.number = SYS_getsockname, .name = "getsockname", .errors = {ENOBUFS}},
    Call{.number = SYS_setsockopt, .name = "setsockopt", .errors = {ENOMEM}},
    Call{.number = SYS_getsockopt, .name = "getsockopt", .errors = {ENOMEM}},
    Call{.number = SYS_sendto, .name = "sendto", .errors = {ENOBUFS, ENOMEM, EPERM}, .interruptible = true},
    Call{.number = SYS_sendmsg, .name = "sendmsg", .errors = {ENOBUFS, ENOMEM, EPERM}, .interruptible = true},
    Call{.number = SYS_recvfrom, .name = "recvfrom", .errors = {ENOBUFS, ENOMEM}, .interruptible = true},
    Call{.number = SYS_recvmsg, .name = "recvmsg", .errors = {ENOBUFS, ENOMEM}, .interruptible = true},
    Call{.number = SYS_recvmmsg, .name = "recvmmsg", .errors = {ENOBUFS, ENOMEM}, .interruptible = true},
    Call{.number = SYS_poll, .name = "poll", .errors = {ENOMEM}, .interruptible = true},
    Call{.number = SYS_ppoll, .name = "ppoll", .errors = {ENOMEM}, .interruptible = true},
    Call{.number = SYS_ioctl, .name = "ioctl", .errors = {ENOTTY}},
    // Processes, namespaces, memory.
    Call{.number = SYS_setns, .name = "setns", .errors = {EPERM, ENOMEM}},
    Call{.number = SYS_clone, .name = "clone", .errors = {EAGAIN, ENOMEM}},
    Call{.number = SYS_clone3, .name = "clone3", .errors = {EAGAIN, ENOMEM}},
    Call{.number = SYS_fork, .name = "fork", .errors = {EAGAIN}},
    Call{.number = SYS_vfork, .name = "vfork", .errors = {EAGAIN}},
    Call{.number = SYS_execve, .name = "execve", .errors = {ENOMEM, EACCES}},
    Call{.number = SYS_execveat, .name = "execveat", .errors = {ENOMEM, EACCES}},
    Call{.number = SYS_pidfd_open, .name = "pidfd_open", .errors = {EMFILE}, .makes_descriptor = true},
    Call{.number = SYS_close_range, .name = "close_range", .errors = {ENOMEM}},
    Call{.number = SYS_wait4, .name = "wait4", .errors = {ECHILD}, .interruptible = true},
    Call{.number = SYS_waitid, .name = "waitid", .errors = {ECHILD}, .interruptible = true},
    Call{.number = SYS_getrandom, .name = "getrandom", .errors = {}, .interruptible = true},
    Call{.number = SYS_mmap, .name = "mmap", .errors = {ENOMEM}, .takes_memory = true},
    Call{.number = SYS_mremap, .name = "mremap", .errors = {ENOMEM}, .takes_memory = true},
    Call{.number = SYS_brk, .name = "brk", .errors = {ENOMEM}, .takes_memory = true},
};

}  // namespace

std::span<const Call> calls() { return kCalls; }

const Call* find_call(long number) {
  const auto at = std::ranges::find(kCalls, number, &Call::number);
  return at == kCalls.end() ? nullptr : &*at;
}

const Call* find_call(std::string_view name) {
  const auto at = std::ranges::find(kCalls, name, &Call::name);
  return at == kCalls.end() ? nullptr : &*at;
}

}  // namespace patchbay::faults
