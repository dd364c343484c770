// SPDX-License-Identifier: BSD-2-Clause
//
// accept_exec PORT PROGRAM: accepts on 127.0.0.1, executes PROGRAM with the connection as its
// descriptors 0, 1 and 2, and reaps, for ever; nothing else. It decides nothing, records nothing,
// changes no user and resets no signal. What it needs is what the kernel asks of everybody who
// starts a program for each connection, so compare.py shows how far from it the servers are.
// Exit 1 when a call fails, 2 for a wrong command line.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "bench/listening.h"

namespace {

constexpr int kNotStarted = 126;

// The child borrows the parent's memory until it executes (vfork(2)): no page table is copied. It
// makes system calls only.
bool Start(int client, const char* path, char* const* argv) {
  const pid_t child = vfork();
  if (child == 0) {
    for (int target = 0; target <= 2; ++target) dup2(client, target);
    char* const environment[] = {nullptr};
    execve(path, argv, environment);
    _exit(kNotStarted);
  }
  return child > 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint16_t port = argc == 3 ? postern::bench::ParsePort(argv[1]) : 0;
  if (port == 0) {
    std::fputs("usage: accept_exec PORT PROGRAM\n", stderr);
    return 2;
  }
  const int listener = postern::bench::Listen(port, 0);
  for (bool working = listener >= 0; working;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    working = Start(client, argv[2], argv + 2);
    close(client);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  std::perror("accept_exec");
  return 1;
}
