// SPDX-License-Identifier: BSD-2-Clause
//
// The service of the comparison: answers one line and ends. It is one page of code without a C
// library, because starting a static glibc program costs the kernel several times what it costs
// to start this one, for every server alike, and what is to be measured is the super-server.
// Run by each server under test, with the connection as standard output; exit 1 when the client
// did not take the line.
#include "sandbox/sys/raw_syscall.h"

using postern::sandbox::sys::AsLong;
using postern::sandbox::sys::RawSyscall;

extern "C" [[noreturn]] void _start() {
  static constexpr char kAnswer[] = {'.', '\n'};
  constexpr long kStandardOutput = 1;
  const long size = RawSyscall(SYS_write, kStandardOutput, AsLong(kAnswer), sizeof kAnswer);
  for (;;) RawSyscall(SYS_exit_group, size == sizeof kAnswer ? 0 : 1);
}
