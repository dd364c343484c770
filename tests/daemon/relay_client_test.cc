// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/relay_client.h"

#include <csignal>

#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

struct Answers final : RelayAnswers {
  std::vector<SessionId> done;
  int lost = 0;
  bool expected = false;  // whether the answers that come were asked for
  bool OnDone(const AnswerDone& answer) override {
    done.push_back(answer.header.session);
    return expected;
  }
  bool OnMux(const AnswerMux&) override { return expected; }
  bool OnBanner(const AnswerBanner&) override { return expected; }
  bool OnDatagram(const AnswerDatagram&) override { return expected; }
  bool OnSplice(const AnswerSplice&) override { return expected; }
  bool OnProxy(const AnswerProxy&) override { return expected; }
  void OnRelayLost() override { ++lost; }
};

struct Fixture : LogFixture {
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  Answers answers;
  std::unique_ptr<RelayClient> relay;

  void Start(const std::string& mode,
             std::chrono::milliseconds ready_patience = RelayClient::kReadyPatience) {
    relay = std::make_unique<RelayClient>(
        *loop, *program_log, std::vector<std::string>{FAKE_RELAY, mode}, ready_patience);
    relay->Start(answers);
  }
  sandbox::sys::Status AskFor(SessionId session) {
    AskServe ask;
    ask.header.session = session;
    ask.builtin = WireBuiltin::kEcho;
    const int descriptor = 0;
    return relay->Ask(ask, std::span(&descriptor, 1));
  }
};

TEST_CASE_METHOD(Fixture, "A relay that behaves is asked and heard") {
  answers.expected = true;
  Start("ready");
  CHECK(relay->running());
  CHECK(relay->pid() > 0);
  for (const SessionId session : {5U, 6U}) REQUIRE(AskFor(session));
  TurnUntil(*loop, [&] { return answers.done.size() == 2; });
  CHECK(answers.done == std::vector<SessionId>{5, 6});
  CHECK(answers.lost == 0);
}

TEST_CASE_METHOD(Fixture,
                 "More is asked at once than the channel holds: all is answered in order") {
  answers.expected = true;
  Start("ready");
  std::vector<SessionId> asked;
  for (SessionId session = 1; session <= 600; ++session) {
    REQUIRE(AskFor(session));
    asked.push_back(session);
  }
  TurnUntil(*loop, [&] { return answers.done.size() == asked.size(); });
  CHECK(answers.done == asked);
}

TEST_CASE_METHOD(Fixture, "A relay that does not say that it is ready is killed") {
  Start("silent", std::chrono::milliseconds(100));
  REQUIRE(AskFor(1));
  TurnUntil(*loop, [&] { return answers.lost == 2; });
  CHECK(Said("is killed: it does not get ready") == 2);
}

TEST_CASE_METHOD(Fixture, "A relay that has become ready may take its time") {
  answers.expected = true;
  Start("ready", std::chrono::milliseconds(500));
  // On a busy machine the first may come too late.
  TurnUntil(*loop, [&] {
    sandbox::sys::IgnoreError(AskFor(1), "the next is asked again");
    return !answers.done.empty();
  });
  const int lost = answers.lost;
  TurnFor(*loop, 700);
  CHECK(answers.lost == lost);
}

TEST_CASE_METHOD(Fixture, "A relay too busy for more work hears of other names when it has time") {
  answers.expected = true;
  Start("ready");
  REQUIRE(AskFor(1));
  TurnUntil(*loop, [&] { return answers.done.size() == 1; });
  REQUIRE(::kill(relay->pid(), SIGSTOP) == 0);
  sandbox::sys::Status asked;
  SessionId last = 1;
  while (last < 10'000 && asked) asked = AskFor(++last);
  REQUIRE_FALSE(asked);
  CHECK(asked.error().number == EAGAIN);
  constexpr std::uint32_t kIndex = 77'000'000;
  relay->SetMuxNames({{kIndex, "name"}});
  CHECK(relay->running());
  REQUIRE(::kill(relay->pid(), SIGCONT) == 0);
  TurnUntil(*loop, [&] { return answers.done.back() == kIndex; });
  CHECK(answers.done.size() == last);
  CHECK(answers.lost == 0);
}

TEST_CASE_METHOD(Fixture, "A relay that says what is no frame is killed and another started") {
  Start("garbage");
  const pid_t first = relay->pid();
  TurnUntil(*loop, [&] { return Said("is killed: it answered what was not asked") >= 2; });
  CHECK(relay->pid() != first);
  CHECK(answers.lost >= 2);
  CHECK(Said("ended: signal 9") >= 1);
}

TEST_CASE_METHOD(Fixture, "A relay that answers what was not asked is killed") {
  Start("unasked");
  TurnUntil(*loop, [&] { return answers.lost == 1; });
  CHECK(answers.done == std::vector<SessionId>{99});
  CHECK_FALSE(relay->running());
  CHECK(Said("is killed: it answered what was not asked") == 1);
  CHECK(AskFor(1).error().number == ENOTCONN);
}

TEST_CASE_METHOD(Fixture, "A relay that sends a descriptor is killed") {
  answers.expected = true;
  Start("descriptor");
  TurnUntil(*loop, [&] { return answers.lost == 1; });
  CHECK(answers.done.empty());
  CHECK(Said("is killed: it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "A relay that ends is started again, after pauses that grow") {
  const auto began = sandbox::sys::BootTime();
  Start("exit");
  // 100, 200 and 400 ms lie between four starts.
  TurnUntil(*loop, [&] { return Said("ended: ") == 4; });
  CHECK(sandbox::sys::BootTime() - began >= std::chrono::milliseconds(700));
}

TEST_CASE_METHOD(Fixture, "A relay that cannot be started is tried again") {
  relay = std::make_unique<RelayClient>(*loop, *program_log,
                                        std::vector<std::string>{"/nonexistent/relay"});
  relay->Start(answers);
  CHECK_FALSE(relay->running());
  TurnUntil(*loop, [&] { return Said("cannot start the relay: execve /nonexistent/relay") == 3; });
}

TEST_CASE_METHOD(Fixture, "A relay that was stopped is gone, is not restarted and is not lost") {
  Start("silent");
  REQUIRE(relay->running());
  relay->Stop();
  CHECK_FALSE(relay->running());
  TurnFor(*loop, 300);
  CHECK_FALSE(relay->running());
  CHECK(answers.lost == 0);
}

}  // namespace
}  // namespace postern::daemon
