// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/daemon_index.h"

#include <catch2/catch.hpp>

#include "tests/testlib/random_hosts.h"

namespace postern::policy::analysis {
namespace {

TEST_CASE("only rules that name nothing but other daemons are left out") {
  const auto policy = testlib::RandomHosts::Compile(
      {"SSHD: ALL\nftpd: ALL\ns*: ALL\nftpd sshd@/x: ALL\nALL EXCEPT sshd: ALL\n22: ALL\n"
       "ftpd EXCEPT sshd: ALL\nsshd sshd: ALL\nEXCEPT sshd: ALL\n",
       ""});
  DaemonIndex index;
  for (std::uint32_t i = 0; i < policy->allow().rules.size(); ++i) {
    index.Add(policy->allow().rules[i], i);
  }
  using Numbers = std::vector<std::uint32_t>;
  CHECK(index.MaySpeakTo("sshd") == Numbers{0, 2, 3, 4, 5, 7});
  CHECK(index.MaySpeakTo("Ftpd") == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(index.MaySpeakTo("other") == Numbers{2, 4, 5});
}

}  // namespace
}  // namespace postern::policy::analysis
