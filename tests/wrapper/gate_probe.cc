// SPDX-License-Identifier: BSD-2-Clause
// Decides about the connection on descriptor 0 by /etc/hosts.allow and /etc/hosts.deny, and tells
// on standard output what it learnt: gate_probe DAEMON [NAME_DEADLINE_IN_MS]
//
//   log PRIORITY TEXT
//   verdict allowed|denied|twisted MILLISECONDS
//   connect from USER@HOST (ADDRESS), as tcpd logs it
//   deadline SECONDS (of ident, after the decision)
//   children and descriptors that stayed behind, of which there should be none
// After a twist the process is the shell.
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "policy/hosts/percent_expand.h"
#include "sandbox/sys/events.h"
#include "wrapper/access/gatekeeper.h"
#include "wrapper/access/hosts_files.h"
#include "wrapper/lookup/system_lookup.h"

namespace {

using postern::sandbox::sys::UniqueFd;
namespace sys = postern::sandbox::sys;
namespace wrapper = postern::wrapper;
using wrapper::Decision;

int OpenCount() {
  int count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

const char* Name(Decision::Outcome outcome) {
  switch (outcome) {
    case Decision::Outcome::kAllowed:
      return "allowed";
    case Decision::Outcome::kDenied:
      return "denied";
    case Decision::Outcome::kTwisted:
      return "twisted";
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const UniqueFd client = UniqueFd::DuplicateOf(0);
  const wrapper::Connection connection{sys::PeerAddress(client).value_or(sys::SocketAddress()),
                                       sys::LocalAddress(client).value_or(sys::SocketAddress()),
                                       true};
  wrapper::SystemLookup lookup(argc > 2 ? std::chrono::milliseconds(std::atoi(argv[2]))
                                        : wrapper::kDefaultNameDeadline);
  wrapper::Settings settings;
  wrapper::ConnectionFacts facts(connection, lookup, settings);
  wrapper::ProcessRunner options(UniqueFd::DuplicateOf(0));
  wrapper::CollectedLog log;
  wrapper::HostsFiles files({});
  auto request = wrapper::RequestOf(connection, argv[1]);
  const int before = OpenCount();
  const auto start = sys::BootTime();
  wrapper::Gatekeeper gatekeeper(
      {facts, options, log, settings, static_cast<std::uint32_t>(::getpid())});
  const Decision decision = gatekeeper.Decide(files.Current(), request);
  const auto took = sys::BootTime() - start;
  for (const wrapper::LogLine& line : log.lines()) {
    std::cout << "log " << line.priority << ' ' << line.text << '\n';
  }
  std::cout << "verdict " << Name(decision.outcome) << ' ' << took.count() << '\n'
            << "connect from " << postern::policy::hosts::ClientInfo(request) << " ("
            << request.client.address.text() << ")\n"
            << "deadline " << settings.ident_deadline.count() << '\n'
            << "left " << (::waitpid(-1, nullptr, WNOHANG | __WALL) < 0 ? 0 : 1) << ' '
            << OpenCount() - before << std::endl;
  if (decision.outcome != Decision::Outcome::kTwisted) return 0;
  std::cerr << wrapper::BecomeShell(client, decision.twist_command) << std::endl;
  return 1;
}
