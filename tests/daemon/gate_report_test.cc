// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/gate_report.h"

#include <catch2/catch.hpp>
#include <string_view>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

GateReport Reported(std::string_view letters, bool ended = true) {
  auto pipe = sys::MakePipe(/*nonblocking=*/true).value();
  REQUIRE(sys::WriteAll(pipe.write_end, letters));
  if (ended) pipe.write_end.Reset();
  return ReadGateReport(pipe.read_end);
}

TEST_CASE("The last letter of the gate says what became of the client") {
  CHECK(Reported("R") == GateReport::kRefused);
  CHECK(Reported("A") == GateReport::kBecame);
  CHECK(Reported("AF") == GateReport::kFailed);
}

TEST_CASE("A gate that said nothing, or what none says, has let nobody in") {
  for (const char* said : {"", "F", "AR", "RA", "AFA", "AAAAAAAA", "r", "0"}) {
    CAPTURE(said);
    CHECK(Reported(said) == GateReport::kNothing);
  }
}

TEST_CASE("A descendant that holds the pipe open is not waited for") {
  CHECK(Reported("", /*ended=*/false) == GateReport::kNothing);
  CHECK(Reported("A", /*ended=*/false) == GateReport::kBecame);
}

}  // namespace
}  // namespace postern::daemon
