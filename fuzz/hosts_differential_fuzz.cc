// SPDX-License-Identifier: BSD-2-Clause
// Evaluation of hosts.allow and hosts.deny (policy/hosts/evaluate.h): any two tables, two pattern
// files and a caller are decided as the naive oracle decides them.
//
// The input is a list of texts with a record separator (0x1e) between: daemon, user, client name,
// client address, server name, server address, server port, hosts.allow, hosts.deny, the pattern
// files /p/f1 and /p/f2. A file is "!missing", "!directory" or "!unreadable" instead of its
// content.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/differential/postern_side.h"
#include "tests/oracle/naive_hosts_access.h"

namespace {

using postern::oracle::HostsFile;

constexpr std::size_t kTexts = 11;

std::vector<std::string> Texts(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> texts(1);
  for (std::size_t at = 0; at < size; ++at) {
    if (data[at] == 0x1e && texts.size() < kTexts) {
      texts.emplace_back();
    } else {
      texts.back() += static_cast<char>(data[at]);
    }
  }
  texts.resize(kTexts);
  return texts;
}

HostsFile File(const std::string& text) {
  if (text == "!missing") return {HostsFile::State::kMissing, ""};
  if (text == "!directory") return {HostsFile::State::kDirectory, ""};
  if (text == "!unreadable") return {HostsFile::State::kUnreadable, ""};
  return {HostsFile::State::kFile, text};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> texts = Texts(data, size);
  postern::oracle::HostsCaller caller;
  std::string* const values[] = {&caller.daemon,      &caller.user,
                                 &caller.client_name, &caller.client_address,
                                 &caller.server_name, &caller.server_address};
  // A value comes out of a string of C.
  for (std::size_t at = 0; at < 6; ++at) *values[at] = texts[at].c_str();
  if (!texts[6].empty()) {
    caller.server_port =
        static_cast<std::uint16_t>(std::strtoul(texts[6].c_str(), nullptr, 10) & 0xffff);
  }
  postern::oracle::HostsWorld world;
  world.allow = File(texts[7]);
  world.deny = File(texts[8]);
  world.pattern_files = {{"/p/f1", File(texts[9])}, {"/p/f2", File(texts[10])}};
  world.users = world.groups = {"nobody"};
  world.netgroup_members = {{"trusted", "alpha.lab.example.org"}};

  postern::differential::PosternSide postern;
  postern.Compile(world, "/p/allow", "/p/deny");
  const auto expected = NaiveHostsAccess(world, caller, postern::oracle::RuleBook::kPostern);
  // Once with every fact asked for, once with all of them given.
  if (postern.Decide(caller) != expected || postern.Decide(caller) != expected) std::abort();
  return 0;
}
