// SPDX-License-Identifier: BSD-2-Clause
// What a gate says when it ends, whatever that is, and what becomes of the client.
#include <sys/stat.h>

#include "daemon/gate_words.h"
#include "tests/daemon/sessions_fixture.h"

namespace postern::daemon {
namespace {

struct Fixture : SessionsFixture {
  Fixture() { StartRelay({FAKE_RELAY, "ready"}, {}); }

  // A gate that says just that.
  void GateSays(const std::string& words) {
    const std::string path = directory / "gate";
    std::ofstream(path) << "#!/bin/sh\nprintf %s '" << words << "' >&4\n";
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    sessions->SetGate(path);
  }
  void ServeThroughGate(const std::shared_ptr<Service>& service) {
    UniqueFd far;
    const UniqueFd near = Connect(far);
    sessions->Serve(service, std::move(far), peer, {.way = Way::kGate});
    TurnUntil(*loop, [&] { return sessions->count() == 0; });
    CHECK(Closed(near));
    CHECK(Findings().empty());
  }
};

const std::string kNobodyLetIn = "postern-gate ended before it had decided";

TEST_CASE_METHOD(Fixture, "A gate that was to advise and says anything else has let nobody in") {
  const auto service = Confine(Make(Spec()));
  for (const std::string words : {"A", "AF", "F", "V", ""}) {
    INFO(words);
    GateSays(words);
    const auto told = Said(kNobodyLetIn);
    ServeThroughGate(service);
    CHECK(Said(kNobodyLetIn) > told);
    CHECK(Records().back().ends_with("FAIL: test libwrap from=192.0.2.1"));
  }
  CHECK(Records().size() == 5);
  GateSays("R");
  ServeThroughGate(service);
  CHECK(Records().back().ends_with("FAIL: test libwrap from=192.0.2.1"));
  CHECK(Said("refused by postern-gate") == 1);
}

TEST_CASE_METHOD(Fixture, "A gate that becomes the program is told from one that could not") {
  const auto service = Make(Spec());
  GateSays("A");
  ServeThroughGate(service);
  CHECK(Records().size() == 2);
  CHECK(Records()[1].ends_with("EXIT: test status=0"));
  GateSays("AF");
  ServeThroughGate(service);
  CHECK(Said("postern-gate could not execute what the client was let in to") == 1);
}

}  // namespace
}  // namespace postern::daemon
