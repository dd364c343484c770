// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of several TLS workers, whose helpers are puppets.
#include "daemon/acceptor/tls_client.h"

#include <fcntl.h>
#include <signal.h>

#include <map>

#include "fuzz/puppets.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

struct Heard final : TlsAnswers {
  std::vector<SessionId> shaken, done;
  std::set<SessionId> lost;
  bool OnTls(const AnswerTls& answer) override {
    shaken.push_back(answer.header.session);
    return true;
  }
  bool OnTlsDone(const AnswerTlsDone& answer) override {
    done.push_back(answer.header.session);
    return true;
  }
  void OnTlsLost(const std::set<SessionId>& gone) override {
    lost.insert(gone.begin(), gone.end());
  }
};

AnswerTls Handshake(SessionId session) {
  AnswerTls answer{.version = kTls13, .cipher_length = 1, .cipher = {"c"}};
  answer.header.session = session;
  return answer;
}

AnswerTlsDone Done(SessionId session) {
  AnswerTlsDone answer;
  answer.header.session = session;
  return answer;
}

struct Fixture : LogFixture {
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  Heard heard;
  TlsClient tls{*loop, *program_log, {fuzz::PuppetCommand(), fuzz::PuppetCommand()}, /*secret=*/0};
  std::vector<std::shared_ptr<const TlsSetup>> setups;
  std::map<pid_t, fuzz::Puppet> puppets;
  SessionId next = 1;

  explicit Fixture(std::size_t workers = 3) {
    tls.SetAnswers(heard);
    tls.SetWorkers(workers);
    tls.Start();
    setups.push_back(AddSetup());
    Meet(2 * workers);
  }
  std::shared_ptr<const TlsSetup> AddSetup() {
    TlsSetup setup;
    setup.service = "s" + std::to_string(setups.size() + 1);
    setup.spec.pairs.push_back({{"/c.pem"}, {"/k.pem"}});
    const auto open = [] { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); };
    setup.pairs.push_back({open(), open(), {}});
    return tls.Add(std::move(setup));
  }
  // So many have started, and say that they are ready.
  void Meet(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      fuzz::Puppet puppet = fuzz::AwaitPuppet();
      REQUIRE(sandbox::SendFrame(puppet.channel, AsFrame(AnswerReady{}), {}));
      const pid_t pid = puppet.pid;
      puppets.insert_or_assign(pid, std::move(puppet));
    }
    TurnUntil(*loop, [this] {
      return std::ranges::all_of(tls.workers(), [this](const auto& worker) {
        return worker->StateFor(*setups[0]).fitness == WorkerFitness::kReady;
      });
    });
  }
  const TlsWorker& worker(std::size_t nth) const { return *tls.workers()[nth]; }
  template <typename Frame>
  void Say(pid_t pid, const Frame& frame) {
    REQUIRE(sandbox::SendFrame(puppets.at(pid).channel, AsFrame(frame), {}));
    TurnFor(*loop, 1);
  }
  // Of everything that a helper was asked meanwhile, the frames of this kind.
  template <typename Frame>
  std::vector<Frame> Asked(pid_t pid) {
    std::vector<Frame> frames;
    alignas(8) std::array<std::byte, kMaxFrame> buffer;
    while (auto received = sandbox::ReceiveFrame(puppets.at(pid).channel, buffer)) {
      Frame frame;
      if (received->length == 0) break;
      if (ReadFrame(std::span(buffer).first(received->length), frame)) frames.push_back(frame);
    }
    return frames;
  }
  // Of everything, the kinds, in their order.
  std::vector<FrameType> AskedTypes(pid_t pid) {
    std::vector<FrameType> types;
    alignas(8) std::array<std::byte, kMaxFrame> buffer;
    while (auto received = sandbox::ReceiveFrame(puppets.at(pid).channel, buffer)) {
      if (received->length == 0) break;
      types.push_back(TypeOf(std::span(buffer).first(received->length)));
    }
    return types;
  }
  sandbox::sys::Status TryToAsk(const TlsSetup& setup, const char* from) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const UniqueFd client(ends[0]), service(ends[1]);
    return tls.Ask({next++, setup, 0, client.get(), service.get()}, Address(from));
  }
  SessionId Ask(const char* from) {
    const SessionId id = next;
    REQUIRE(TryToAsk(*setups[0], from));
    return id;
  }
  std::size_t WhoHas(SessionId id) const {
    const auto has = [id](const auto& worker) { return worker->Has(id); };
    const auto found = std::ranges::find_if(tls.workers(), has);
    REQUIRE(found != tls.workers().end());
    return static_cast<std::size_t>(found - tls.workers().begin());
  }
  // A session of each worker.
  std::vector<SessionId> OneEach() {
    std::vector<SessionId> one(tls.wanted());
    for (int i = 1; std::ranges::count(one, SessionId{0}) != 0; ++i) {
      REQUIRE(i < 250);
      const SessionId id = Ask(("192.0.2." + std::to_string(i)).c_str());
      SessionId& place = one[WhoHas(id)];
      if (place != 0) Say(worker(WhoHas(id)).tls_pid(), Done(id));
      if (place == 0) place = id;
    }
    heard = {};
    return one;
  }
};

TEST_CASE_METHOD(Fixture, "Every worker is given every setup, under the same numbers") {
  setups.push_back(AddSetup());
  for (const auto& worker : tls.workers()) {
    const auto keys = Asked<AskKey>(worker->keys_pid());
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].index == setups[0]->first_key);
    CHECK(keys[1].index == setups[1]->first_key);
    const auto services = Asked<AskTlsService>(worker->tls_pid());
    REQUIRE(services.size() == 2);
    CHECK(services[1].service == setups[1]->id);
  }
  const TlsServiceId gone = setups[1]->id;
  setups.pop_back();
  for (const auto& worker : tls.workers()) {
    const auto forgotten = Asked<AskForgetTls>(worker->tls_pid());
    REQUIRE(forgotten.size() == 1);
    CHECK(forgotten[0].service == gone);
    CHECK(Asked<AskForgetKey>(worker->keys_pid()).size() == 1);
  }
}

TEST_CASE_METHOD(Fixture,
                 "Keys come so many at a time, so that a handshake need not wait for all") {
  const TlsWorker& first = worker(0);
  const auto judge = [&](const AskKey& asked) {
    AnswerKey answer;
    answer.index = asked.index;
    Say(first.keys_pid(), answer);
  };
  judge(Asked<AskKey>(first.keys_pid()).at(0));
  for (int i = 0; i < 150; ++i) setups.push_back(AddSetup());
  TurnFor(*loop, 1);
  const auto some = Asked<AskKey>(first.keys_pid());
  CHECK(some.size() == 128);
  for (const AskKey& asked : some) judge(asked);
  CHECK(Asked<AskKey>(first.keys_pid()).size() == 150 - some.size());
}

TEST_CASE_METHOD(Fixture, "What a client waits for is given before its turn, to a bound") {
  const auto due = [this](const TlsSetup& setup) {
    return std::ranges::all_of(tls.workers(), [&](const auto& worker) {
      return worker->StateFor(setup).fitness != WorkerFitness::kReady;
    });
  };
  const std::size_t others = setups.size();
  for (int i = 0; i < 1200; ++i) setups.push_back(AddSetup());
  const TlsSetup& last = *setups.back();
  REQUIRE(due(last));
  const SessionId id = next;
  REQUIRE(TryToAsk(last, "192.0.2.1"));
  const TlsWorker& chosen = worker(WhoHas(id));
  CHECK(chosen.StateFor(last).fitness == WorkerFitness::kReady);
  const auto keys = AskedTypes(chosen.keys_pid());
  REQUIRE(keys.size() > 2);
  CHECK(keys[keys.size() - 2] == FrameType::kAskKey);
  CHECK(keys.back() == FrameType::kAskAllow);
  std::size_t served = 0;
  for (std::size_t i = others; i < setups.size() && TryToAsk(*setups[i], "192.0.2.1"); ++i) {
    ++served;
    for (const auto& worker : tls.workers()) AskedTypes(worker->keys_pid());
  }
  // Of 128 all workers were given the keys at once, of the rest each has those of its own clients.
  CHECK(served == 128 + 3 * (kMostUnansweredKeys - 128) - 2);
  CHECK(Said("is killed") == 0);
}

TEST_CASE_METHOD(Fixture, "Clients are spread, and one that comes back finds its worker") {
  OneEach();
  const std::size_t home = WhoHas(Ask("192.0.2.77"));
  for (int i = 0; i < 4; ++i) CHECK(WhoHas(Ask("192.0.2.77")) == home);
  for (int i = 0; i < 10; ++i) Ask("192.0.2.77");
  for (const auto& worker : tls.workers()) CHECK(worker->sessions() > 1);
}

TEST_CASE_METHOD(Fixture,
                 "The allowance goes to the postern-keys of the postern-tls that is asked") {
  const SessionId id = Ask("192.0.2.1");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(Asked<AskAllow>(worker(i).keys_pid()).size() == (i == WhoHas(id) ? 1 : 0));
    CHECK(Asked<AskTls>(worker(i).tls_pid()).size() == (i == WhoHas(id) ? 1 : 0));
  }
  tls.AskRefuse(id);
  CHECK(Asked<AskTlsRefuse>(worker(WhoHas(id)).tls_pid()).size() == 1);
  tls.AskTruncate(id);
  CHECK(Asked<AskTlsTruncate>(worker(WhoHas(id)).tls_pid()).size() == 1);
  tls.AskAdmit(id);
  CHECK(Asked<AskTlsAdmit>(worker(WhoHas(id)).tls_pid()).size() == 1);
  tls.AskRefuse(id + 1);
}

TEST_CASE_METHOD(Fixture, "No client is passed on before postern-keys has its allowance") {
  std::size_t taken = 0, passed = 0, allowed = 0;
  const auto hear_tls = [&] {
    for (const auto& worker : tls.workers()) passed += Asked<AskTls>(worker->tls_pid()).size();
  };
  for (; taken < 1500; ++taken) {
    REQUIRE(TryToAsk(*setups[0], "192.0.2.1"));
    hear_tls();
  }
  for (const auto& worker : tls.workers()) allowed += Asked<AskAllow>(worker->keys_pid()).size();
  CHECK(passed < taken);
  CHECK(passed == allowed);
  for (const auto& worker : tls.workers()) {
    CHECK(worker->StateFor(*setups[0]).fitness == WorkerFitness::kStarting);
  }
  SECTION("which has it as soon as it reads") {}
  SECTION("which is gone") {
    for (const auto& worker : tls.workers()) ::kill(worker->keys_pid(), SIGKILL);
  }
  TurnUntil(*loop, [&] {
    for (const auto& [pid, puppet] : puppets) {
      if (worker(0).keys_pid() == pid || worker(1).keys_pid() == pid || worker(2).keys_pid() == pid)
        Asked<AskAllow>(pid);
    }
    hear_tls();
    return passed == taken;
  });
  CHECK(heard.lost.empty());
}

// The last client of the one worker waits for its allowance.
void Crowd(Fixture& fixture) {
  fixture.tls.SetWorkers(1);
  const TlsWorker& worker = fixture.worker(0);
  while (worker.StateFor(*fixture.setups[0]).fitness == WorkerFitness::kReady) {
    fixture.Ask("192.0.2.1");
    fixture.AskedTypes(worker.tls_pid());
  }
}

TEST_CASE_METHOD(Fixture, "A worker that speaks of a client it has not been given is replaced") {
  Crowd(*this);
  SECTION("that its handshake is done") { Say(worker(0).tls_pid(), Handshake(next - 1)); }
  SECTION("that it is over") { Say(worker(0).tls_pid(), Done(next - 1)); }
  CHECK(heard.shaken.empty());
  CHECK(heard.done.empty());
  CHECK(heard.lost.contains(next - 1));
  CHECK(Said("is killed: it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "Who is told of goes first, allowed or not") {
  Crowd(*this);
  tls.AskTruncate(next - 1);
  CHECK(AskedTypes(worker(0).tls_pid()) ==
        std::vector{FrameType::kAskTls, FrameType::kAskTlsTruncate});
}

TEST_CASE_METHOD(Fixture, "A worker speaks of its own sessions alone") {
  const auto one = OneEach();
  Say(worker(0).tls_pid(), Handshake(one[0]));
  CHECK(heard.shaken == std::vector{one[0]});
  CHECK(Said("is killed") == 0);
  SECTION("of a handshake") { Say(worker(0).tls_pid(), Handshake(one[1])); }
  SECTION("of an end") { Say(worker(0).tls_pid(), Done(one[1])); }
  CHECK(Said("is killed: it answered what was not asked") == 1);
  CHECK(heard.shaken == std::vector{one[0]});
  CHECK(heard.done.empty());
  CHECK(heard.lost == std::set{one[0]});
  CHECK(WhoHas(one[1]) == 1);
}

TEST_CASE_METHOD(Fixture, "A verdict comes once from each worker") {
  const AnswerTlsService bad{.service = setups[0]->id, .flaws = {ServiceFlaw::kBadSettings}};
  const AnswerKey weak{.index = setups[0]->first_key, .flaws = {KeyFlaw::kWeakKey}};
  for (std::size_t i = 0; i < 3; ++i) {
    Say(worker(i).tls_pid(), bad);
    Say(worker(i).keys_pid(), weak);
  }
  CHECK(Said("service s1: ") == 6);
  CHECK(Said("is killed") == 0);
  const auto one = OneEach();
  SECTION("a second one of postern-tls is garbage") {
    Say(worker(1).tls_pid(), bad);
    CHECK(heard.lost == std::set{one[1]});
  }
  SECTION("a second one of postern-keys is garbage") {
    Say(worker(1).keys_pid(), weak);
    CHECK(heard.lost.empty());
    CHECK(worker(1).StateFor(*setups[0]).fitness == WorkerFitness::kDown);
  }
  CHECK(Said("is killed: it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "One that dies loses its own, and its clients go to the others") {
  const auto one = OneEach();
  const pid_t before = worker(2).tls_pid();
  puppets.erase(before);
  TurnUntil(*loop, [this] { return !heard.lost.empty(); });
  CHECK(heard.lost == std::set{one[2]});
  for (int i = 1; i < 20; ++i) {
    CHECK(WhoHas(Ask(("192.0.2." + std::to_string(i)).c_str())) != 2);
  }
  TurnUntil(*loop, [&] { return worker(2).tls_pid() != before && worker(2).tls_pid() != 0; });
  Meet(1);
  CHECK(Asked<AskTlsService>(worker(2).tls_pid()).size() == 1);
  CHECK(WhoHas(Ask("192.0.2.1")) == 2);  // the least burdened by now
  CHECK(WhoHas(one[0]) == 0);
}

TEST_CASE_METHOD(Fixture, "The postern-keys of one that calls it stuck is replaced, no other") {
  const pid_t first = worker(0).keys_pid(), second = worker(1).keys_pid();
  Say(worker(1).tls_pid(), AnswerKeysStuck{});
  CHECK(Said("(pid " + std::to_string(second) + ") is killed: it does not answer") == 1);
  CHECK(worker(0).keys_pid() == first);
  CHECK(worker(0).StateFor(*setups[0]).fitness == WorkerFitness::kReady);
}

TEST_CASE_METHOD(Fixture, "One that sends garbage to its postern-keys is replaced, no other") {
  const auto one = OneEach();
  const pid_t before = worker(1).tls_pid(), keys = worker(1).keys_pid();
  AnswerEdgeGarbage garbage{Asked<AskEdge>(keys).at(0).header};
  garbage.header.type = FrameType::kAnswerEdgeGarbage;
  Say(keys, garbage);
  CHECK(Said("(pid " + std::to_string(before) + ") is killed: it asked postern-keys") == 1);
  CHECK(heard.lost == std::set{one[1]});
  Say(keys, garbage);
  TurnUntil(*loop, [&] { return worker(1).tls_pid() != before && worker(1).tls_pid() != 0; });
  Meet(1);
  CHECK(Asked<AskEdge>(keys).at(0).header.session == garbage.header.session + 1);
  Say(keys, garbage);  // it is not the new one's
  CHECK(Said("is killed") == 1);
  CHECK(worker(1).StateFor(*setups[0]).fitness == WorkerFitness::kReady);
  garbage.header.session += 2;
  Say(keys, garbage);
  CHECK(Said("(pid " + std::to_string(keys) + ") is killed: it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "One that is condemned for a session is the one that has it") {
  const auto one = OneEach();
  tls.CondemnTls(one[1], "test");
  CHECK(heard.lost == std::set{one[1]});
  CHECK(Said("is killed: test") == 1);
}

TEST_CASE_METHOD(Fixture, "A worker too busy for more clients hears what becomes of those it has") {
  tls.SetWorkers(1);
  const pid_t pid = worker(0).tls_pid();
  std::size_t had = 0;
  while (tls.Ask({next, *setups[0], 0, 0, 0}, Address("192.0.2.1"))) {
    ++next, ++had;
    AskedTypes(worker(0).keys_pid());
  }
  for (SessionId id = 1; id < next; ++id) tls.AskTruncate(id);
  std::size_t told = 0;
  TurnUntil(*loop, [&] { return (told += Asked<AskTlsTruncate>(pid).size()) == had; });
  CHECK(had > HelperClient::kMaxQueued);
}

TEST_CASE_METHOD(Fixture, "Fewer workers: the others serve what they have, get no more, and go") {
  const auto one = OneEach();
  const pid_t tls_pid = worker(2).tls_pid(), keys_pid = worker(2).keys_pid();
  tls.SetWorkers(1);
  REQUIRE(tls.workers().size() == 3);
  for (int i = 1; i < 20; ++i) {
    CHECK(WhoHas(Ask(("192.0.2." + std::to_string(i)).c_str())) == 0);
  }
  Say(tls_pid, Done(one[2]));
  TurnUntil(*loop, [this] { return tls.workers().size() == 2; });
  CHECK(WhoHas(one[1]) == 1);
  for (const pid_t pid : {tls_pid, keys_pid}) CHECK(::kill(pid, 0) != 0);
  tls.SetWorkers(2);
  CHECK(tls.workers().size() == 2);
  tls.SetWorkers(4);
  Meet(4);
  REQUIRE(tls.workers().size() == 4);
  CHECK(Asked<AskTlsService>(worker(3).tls_pid()).size() == 1);
  CHECK(heard.lost.empty());
}

}  // namespace
}  // namespace postern::daemon
