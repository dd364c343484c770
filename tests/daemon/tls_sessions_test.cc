// SPDX-License-Identifier: BSD-2-Clause
// Sessions whose client speaks TLS: what their helpers are asked, all of which are puppets.
#include <fcntl.h>

#include <map>

#include "fuzz/puppets.h"
#include "tests/daemon/connections.h"
#include "tests/daemon/sessions_fixture.h"

namespace postern::daemon {
namespace {

template <typename Frame>
struct Asked {
  Frame frame;
  std::vector<UniqueFd> files;
};

struct Fixture : SessionsFixture {
  std::shared_ptr<const TlsSetup> setup;
  std::map<pid_t, fuzz::Puppet> puppets;

  Fixture() {
    tls_commands = {fuzz::PuppetCommand(), fuzz::PuppetCommand()};
    StartRelay(fuzz::PuppetCommand(), {});
    sessions->zygotes().SetProgram(ZYGOTE_PROGRAM);
    tls->Start();
    TlsSetup one;
    one.service = "test";
    const auto open = [] { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); };
    one.spec.pairs.push_back({{"/c.pem"}, {"/k.pem"}});
    one.pairs.push_back({open(), open(), {}});
    setup = tls->Add(std::move(one));
    while (puppets.size() < 3) {
      fuzz::Puppet puppet = fuzz::AwaitPuppet();
      // One may be left from the test before, and have been killed.
      if (!sandbox::SendFrame(puppet.channel, AsFrame(AnswerReady{}), {})) continue;
      const pid_t pid = puppet.pid;
      puppets.emplace(pid, std::move(puppet));
    }
    TurnUntil(*loop, [this] { return tls->workers()[0]->ready(); });
  }
  pid_t tls_pid() const { return tls->workers()[0]->tls_pid(); }

  // The next question of this kind, if there is one; those before it are dropped.
  template <typename Frame>
  std::optional<Asked<Frame>> Next(pid_t pid) {
    alignas(8) std::array<std::byte, kMaxFrame> buffer;
    while (auto received = sandbox::ReceiveFrame(puppets.at(pid).channel, buffer)) {
      Asked<Frame> asked;
      if (received->length == 0) break;
      if (!ReadFrame(std::span(buffer).first(received->length), asked.frame)) continue;
      for (std::size_t i = 0; i < received->descriptor_count; ++i) {
        asked.files.push_back(std::move(received->descriptors[i]));
      }
      return asked;
    }
    return std::nullopt;
  }
  template <typename Frame>
  void Say(pid_t pid, SessionId session, Frame frame = {}) {
    frame.header.session = session;
    REQUIRE(sandbox::SendFrame(puppets.at(pid).channel, AsFrame(frame), {}));
    TurnFor(*loop, 1);
  }

  policy::ServiceSpec Script(const std::string& script) {
    policy::ServiceSpec spec = Spec();
    spec.program.path = "/bin/sh";
    spec.program.argv = {"sh", "-c", script};
    return spec;
  }
  std::shared_ptr<Service> BehindTls(std::shared_ptr<Service> service) {
    auto spec = service->spec();
    spec.tls = std::make_shared<const policy::TlsSpec>(setup->spec);
    REQUIRE(service->Redefine(
        {Shared(spec), service->plan(), service->profile(), logs.Acquire(spec, {}), setup}));
    return service;
  }
  // A client that has shaken hands, as postern-tls has it.
  struct Taken {
    UniqueFd client;
    SessionId id = 0;
    UniqueFd inside;
  };
  Taken ShakeHands(const std::shared_ptr<Service>& service) {
    ConnectionEnds ends = TcpConnection();
    sessions->Serve(service, std::move(ends.far), peer);
    Taken taken{std::move(ends.near), 0, {}};
    auto asked = Next<AskTls>(tls_pid());
    REQUIRE(asked);
    taken.id = asked->frame.header.session;
    taken.inside = std::move(asked->files.at(1));
    Say(tls_pid(), taken.id,
        AnswerTls{.version = kTls13,
                  .cipher_length = 1,
                  .server_name_length = 6,
                  .cipher = {"c"},
                  .server_name = {"a.test"}});
    return taken;
  }
  // The session is cut off, and nothing ends inside of TLS before postern-tls has done so.
  void CheckCutOff(const Taken& taken) {
    TurnUntil(*loop, [&] { return Next<AskTlsTruncate>(tls_pid()).has_value(); });
    CHECK_FALSE(Readable(taken.inside, 50));
    Say(tls_pid(), taken.id, AnswerTlsDone{.outcome = TlsOutcome::kTruncated});
    TurnUntil(*loop, [&] { return sessions->count() == 0; });
    CHECK(Closed(taken.inside));
    CHECK(Findings().empty());
  }
  // A service of tcpmux whose name a client has said inside of TLS.
  Taken ShakeHandsByMux(const std::shared_ptr<Service>& target) {
    sessions->SetMuxTargets({{7, target}});
    Taken taken = ShakeHands(BehindTls(MakeInternal(policy::Builtin::kTcpmux)));
    const auto asked = Next<AskMux>(relay->pid());
    REQUIRE(asked);
    Say(relay->pid(), asked->frame.header.session, AnswerMux{.index = 7});
    return taken;
  }
};

TEST_CASE_METHOD(Fixture, "A client whose program cannot be started is cut off") {
  SECTION("its sandbox cannot be made") {
    sessions->zygotes().SetProgram("/nonexistent");
    CheckCutOff(ShakeHands(BehindTls(Confine(Make(Script("true"))))));
  }
  SECTION("nor could it a moment ago") {
    sessions->zygotes().SetProgram("/nonexistent");
    const auto service = BehindTls(Confine(Make(Script("true"))));
    CheckCutOff(ShakeHands(service));
    CheckCutOff(ShakeHands(service));
  }
  SECTION("there is no relay to take it") {
    puppets.erase(relay->pid());
    TurnUntil(*loop, [&] { return !relay->running(); });
    CheckCutOff(ShakeHands(BehindTls(MakeInternal(policy::Builtin::kEcho))));
  }
  CHECK(Records().back().ends_with("FAIL: test fork from=192.0.2.1"));
}

TEST_CASE_METHOD(Fixture, "A program that has been started ends as it likes") {
  const auto service = BehindTls(Confine(Make(Script("exec <&- >&- 2>&-; exec sleep 2"))));
  const Taken taken = ShakeHands(service);
  TurnUntil(*loop, [&] {
    loop->After(std::chrono::milliseconds(5), [] {});  // posternd hears nothing of it
    return Readable(taken.inside, 0);
  });
  CHECK(Closed(taken.inside));
  sessions->ForEach([](const Session& session) { CHECK(session.stage == Stage::kProgram); });
  CHECK(sessions->count() == 1);
  CHECK_FALSE(Next<AskTlsTruncate>(tls_pid()));
}

TEST_CASE_METHOD(Fixture,
                 "A program behind the relay and TLS: who breaks off is told from its end") {
  auto spec = Script("exec sleep 1");
  policy::Confinement confinement;
  confinement.network = policy::NetworkAccess::kRelay;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  const Taken taken = ShakeHandsByMux(Make(spec));
  auto splice = Next<AskSplice>(relay->pid());
  REQUIRE(splice);
  const SessionId id = splice->frame.header.session;
  const pid_t pid = relay->pid();
  SECTION("the relay has no room") {
    splice->files.clear();
    Say(pid, id, AnswerDone{.outcome = Outcome::kNoCapacity});
    CheckCutOff(taken);
  }
  SECTION("the relay dies") {
    Say<AnswerSplice>(pid, id);
    splice->files.clear();
    puppets.erase(pid);
    CheckCutOff(taken);
  }
  SECTION("the relay gives the client up") {
    Say<AnswerSplice>(pid, id);
    splice->files.clear();
    Say(pid, id, AnswerDone{.outcome = Outcome::kClientSlow});
    CHECK(Next<AskTlsTruncate>(tls_pid()));
    CHECK_FALSE(Readable(taken.inside, 50));
  }
  SECTION("the program ends") {
    Say<AnswerSplice>(pid, id);
    splice->files.clear();
    CHECK_FALSE(Readable(taken.inside, 50));
    Say<AnswerDone>(pid, id);
    CHECK(Closed(taken.inside));
    CHECK_FALSE(Next<AskTlsTruncate>(tls_pid()));
  }
}

TEST_CASE_METHOD(Fixture, "A client that the relay gives up is cut off, one that has left is not") {
  const Taken taken = ShakeHands(BehindTls(MakeInternal(policy::Builtin::kEcho)));
  auto served = Next<AskServe>(relay->pid());
  REQUIRE(served);
  served->files.clear();
  const SessionId id = served->frame.header.session;
  SECTION("given up") {
    Say(relay->pid(), id, AnswerDone{.outcome = Outcome::kClientSlow});
    CheckCutOff(taken);
  }
  SECTION("left") {
    Say(relay->pid(), id, AnswerDone{.outcome = Outcome::kClientGone});
    CHECK(Closed(taken.inside));
    CHECK_FALSE(Next<AskTlsTruncate>(tls_pid()));
  }
}

}  // namespace
}  // namespace postern::daemon
