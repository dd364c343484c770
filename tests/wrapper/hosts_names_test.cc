// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/hosts_names.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

using Names = std::vector<std::string>;

policy::ServiceSpec Program(const char* path, std::vector<std::string> argv, bool no_libwrap) {
  policy::ServiceSpec spec;
  spec.program.path = path;
  spec.program.argv = std::move(argv);
  spec.no_libwrap = no_libwrap;
  spec.libwrap_name = "daemon";
  return spec;
}

TEST_CASE("xinetd asks under its own name for the service, unless it is told not to") {
  CHECK(HostsNames(Program("/usr/sbin/in.ftpd", {"in.ftpd"}, false)) == Names{"daemon"});
  CHECK(HostsNames(Program("/usr/sbin/in.ftpd", {"in.ftpd"}, true)).empty());
}

TEST_CASE("tcpd asks under the name it is started with") {
  CHECK(HostsNames(Program("/usr/sbin/tcpd", {"in.ftpd", "-l"}, true)) == Names{"in.ftpd"});
  CHECK(HostsNames(Program("/usr/sbin/tcpd", {"/usr/sbin/in.ftpd"}, true)) == Names{"in.ftpd"});
  // Case 104: a relative name keeps its directories.
  CHECK(HostsNames(Program("tcpd", {"a/b"}, true)) == Names{"a/b"});
  CHECK(HostsNames(Program("/usr/sbin/tcpd.real", {"in.ftpd"}, true)).empty());
}

TEST_CASE("Both ask when both are there, once if they ask the same") {
  CHECK(HostsNames(Program("/usr/sbin/tcpd", {"in.ftpd"}, false)) == Names{"daemon", "in.ftpd"});
  CHECK(HostsNames(Program("/usr/sbin/tcpd", {"daemon"}, false)) == Names{"daemon"});
}

TEST_CASE("What starts no program is not started through tcpd") {
  policy::ServiceSpec spec = Program("/usr/sbin/tcpd", {"in.ftpd"}, true);
  spec.kind = policy::ServiceKind::kInternal;
  CHECK(HostsNames(spec).empty());
}

}  // namespace
}  // namespace postern::wrapper
