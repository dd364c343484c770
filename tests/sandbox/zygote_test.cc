// SPDX-License-Identifier: BSD-2-Clause
// The zygote's loop, in a child of the test and without a sandbox around it.
#include "sandbox/zygote/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <set>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/confine/install_filter.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/asking_filter.h"
#include "tests/testlib/fake_call.h"

namespace postern::sandbox {
namespace {

using sys::UniqueFd;

constexpr int kPatienceMs = 20'000;

Profile ShellProfile(const std::string& script) {
  Profile profile;
  profile.service = "test";
  profile.programs = {{"/bin/sh", {"sh", "-c", script}, {"PLANNED=yes"}, 027}};
  return profile;
}

struct Circumstances {
  std::optional<std::uint32_t> unlisted = {};  // a call that is not listed
  bool no_process_to_spare = false;
};

[[noreturn]] void BecomeZygote(const Profile& profile, UniqueFd channel,
                               const Circumstances& circumstances) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  UniqueFd watch(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  UniqueFd listener;
  if (circumstances.unlisted) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const auto filter = testlib::AskingAbout(*circumstances.unlisted);
    listener = std::move(InstallListeningFilter(filter).value());
  }
  if (circumstances.no_process_to_spare && !testlib::FakeCall(SYS_clone, EAGAIN)) ::_exit(1);
  const auto run =
      Zygote(profile, std::move(channel), std::move(watch), {}, std::move(listener)).Run();
  ::_exit(run ? 0 : 1);
}

class Mother {
 public:
  explicit Mother(const Profile& profile, const Circumstances& circumstances = {}) {
    auto pair = MakeChannel();
    REQUIRE(pair);
    channel = std::move(pair->ours);
    REQUIRE(TellSenders(channel));
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      channel.Reset();
      BecomeZygote(profile, std::move(pair->theirs), circumstances);
    }
  }
  ~Mother() {
    if (pid == 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  // The client's end.
  UniqueFd Ask(LaunchId id, const std::string& words = {}, std::uint32_t program = 0) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    UniqueFd near(ends[0]), far(ends[1]);
    AskLaunch ask;
    ask.header.id = id;
    ask.program = program;
    ask.length = static_cast<std::uint32_t>(words.size());
    std::memcpy(ask.words.data(), words.data(), words.size());
    const int handed_over[] = {far.get()};
    SendPatiently(ask, handed_over);
    return near;
  }

  // What its client would be is the test's own standard input.
  void LaunchForNobody(LaunchId id) const {
    AskLaunch ask;
    ask.header.id = id;
    const int handed_over[] = {0};
    SendPatiently(ask, handed_over);
  }

  void SendPatiently(const AskLaunch& ask, std::span<const int> descriptors) const {
    SendBytes(AsFrame(ask), descriptors);
    AskBegin begin;
    begin.header.id = ask.header.id;
    SendBytes(AsFrame(begin), {});
  }

  void SendBytes(std::span<const std::byte> frame, std::span<const int> descriptors) const {
    for (;;) {
      const auto sent = SendFrame(channel, frame, descriptors);
      if (sent) return;
      REQUIRE(sent.error().number == EAGAIN);
      pollfd room{channel.get(), POLLOUT, 0};
      REQUIRE(::poll(&room, 1, kPatienceMs) == 1);
    }
  }

  ReceivedFrame Next(std::span<std::byte> buffer) const {
    pollfd wait{channel.get(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, kPatienceMs) == 1);
    auto received = ReceiveFrame(channel, buffer);
    REQUIRE(received);
    return std::move(*received);
  }
  template <typename Frame>
  Frame Expect(pid_t* sender = nullptr) const {
    std::byte buffer[kMaxZygoteFrame];
    const ReceivedFrame received = Next(buffer);
    Frame frame;
    REQUIRE(ReadFrame(std::span(buffer, received.length), frame));
    if (sender != nullptr) *sender = received.sender;
    return frame;
  }

  int AwaitExit() {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  UniqueFd channel;
  pid_t pid = 0;
};

std::string ReadToEnd(const UniqueFd& client) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd wait{client.get(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, kPatienceMs) == 1);
    const ssize_t n = ::read(client.get(), buffer, sizeof buffer);
    REQUIRE(n >= 0);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

TEST_CASE("An instance has its connection as 0, 1 and 2, its words, and nothing else") {
  Mother mother(ShellProfile("echo $PLANNED $REMOTE_HOST $(umask); ls /proc/self/fd; echo x >&2"));
  const UniqueFd client = mother.Ask(1, std::string("REMOTE_HOST=192.0.2.1\0", 22));
  // ls has opened its own directory as 3.
  CHECK(ReadToEnd(client) == "yes 192.0.2.1 0027\n0\n1\n2\n3\nx\n");
}

TEST_CASE("Start and end are told, with the process id from the kernel") {
  Mother mother(ShellProfile("echo $$; exit 7"));
  const UniqueFd client = mother.Ask(42);
  pid_t started_by = 0, ended_by = 0;
  CHECK(mother.Expect<AnswerStarted>(&started_by).header.id == 42);
  const auto ended = mother.Expect<AnswerEnded>(&ended_by);
  CHECK(ended.header.id == 42);
  CHECK(ended.signaled == 0);
  CHECK(ended.status == 7);
  CHECK(ended_by == mother.pid);
  CHECK(ReadToEnd(client) == std::to_string(started_by) + "\n");
}

TEST_CASE("An end by a signal is told as one") {
  Mother mother(ShellProfile("kill -9 $$"));
  const UniqueFd client = mother.Ask(1);
  mother.Expect<AnswerStarted>();
  const auto ended = mother.Expect<AnswerEnded>();
  CHECK(ended.signaled == 1);
  CHECK(ended.status == SIGKILL);
}

TEST_CASE("A program that cannot be executed is told with its error, and others go on") {
  Profile profile = ShellProfile("echo fine");
  profile.programs.push_back({"/nonexistent", {"x"}, {}, 022});
  Mother mother(profile);
  const UniqueFd lost = mother.Ask(1, {}, 1);
  mother.Expect<AnswerStarted>();
  const auto failed = mother.Expect<AnswerFailed>();
  CHECK(failed.step == static_cast<std::uint32_t>(LaunchStep::kExecute));
  CHECK(failed.error == ENOENT);
  const auto ended = mother.Expect<AnswerEnded>();
  CHECK(ended.status == kLaunchFailed);
  CHECK(ReadToEnd(lost).empty());
  CHECK(ReadToEnd(mother.Ask(2)) == "fine\n");
}

TEST_CASE("Limits hold for an instance and not for the zygote") {
  Profile profile = ShellProfile("ulimit -n; ulimit -f");
  profile.limits = {{RLIMIT_NOFILE, 5}, {RLIMIT_FSIZE, 0}};
  Mother mother(profile);
  for (LaunchId id = 1; id <= 3; ++id) CHECK(ReadToEnd(mother.Ask(id)) == "5\n0\n");
}

TEST_CASE("An instance is a session of its own and catches up with no signal of the zygote") {
  Mother mother(
      ShellProfile("read -r stat </proc/self/stat; set -- $stat; test $1 = $6 && echo leader; "
                   "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'"));
  CHECK(ReadToEnd(mother.Ask(1)) == "leader\nSigBlk:0000000000000000SigIgn:0000000000000000");
}

TEST_CASE("Many instances at once are each told once") {
  Mother mother(ShellProfile("read -r line; echo $line"));
  constexpr LaunchId kCount = 60;
  std::vector<UniqueFd> clients;
  for (LaunchId id = 1; id <= kCount; ++id) clients.push_back(mother.Ask(id));
  for (LaunchId id = 1; id <= kCount; ++id) {
    const std::string line = std::to_string(id) + "\n";
    REQUIRE(::write(clients[id - 1].get(), line.data(), line.size()) > 0);
  }
  for (LaunchId id = 1; id <= kCount; ++id) {
    CHECK(ReadToEnd(clients[id - 1]) == std::to_string(id) + "\n");
  }
  LaunchId started = 0, ended = 0;
  while (ended < kCount) {
    std::byte buffer[kMaxZygoteFrame];
    const ReceivedFrame received = mother.Next(buffer);
    AnswerStarted start;
    AnswerEnded end;
    const auto bytes = std::span(buffer, received.length);
    if (ReadFrame(bytes, start)) {
      ++started;
    } else {
      REQUIRE(ReadFrame(bytes, end));
      ++ended;
    }
  }
  CHECK(started == kCount);
}

// The dead wait while the channel is full: no end is lost, however long posternd is busy.
TEST_CASE("Ends that find the channel full are told later") {
  Mother mother(ShellProfile("exit 0"));
  constexpr LaunchId kCount = 400;
  for (LaunchId id = 1; id <= kCount; ++id) {
    mother.LaunchForNobody(id);
  }
  LaunchId ended = 0;
  while (ended < kCount) {
    std::byte buffer[kMaxZygoteFrame];
    const ReceivedFrame received = mother.Next(buffer);
    AnswerEnded end;
    if (ReadFrame(std::span(buffer, received.length), end)) ++ended;
  }
}

TEST_CASE("Failures that find the channel full are told later, before more is taken") {
  Mother mother(ShellProfile("exit 0"), {.no_process_to_spare = true});
  AskLaunch ask;
  const int handed_over[] = {0};
  const auto takes_more = [&] {
    pollfd room{mother.channel.get(), POLLOUT, 0};
    return ::poll(&room, 1, 300) == 1;
  };
  while (takes_more()) {
    ++ask.header.id;
    mother.SendPatiently(ask, handed_over);
  }
  for (LaunchId id = 1; id <= ask.header.id; ++id) {
    const auto failed = mother.Expect<AnswerFailed>();
    CHECK(failed.header.id == id);
    CHECK(failed.error == EAGAIN);
  }
  CHECK(::waitpid(mother.pid, nullptr, WNOHANG) == 0);
}

TEST_CASE("A zygote whose channel is closed ends with its last instance") {
  Mother mother(ShellProfile("read -r line; echo $line"));
  const UniqueFd client = mother.Ask(1);
  mother.Expect<AnswerStarted>();
  mother.channel.Reset();
  ::usleep(50'000);
  CHECK(::waitpid(mother.pid, nullptr, WNOHANG) == 0);
  REQUIRE(::write(client.get(), "still\n", 6) == 6);
  CHECK(ReadToEnd(client) == "still\n");
  CHECK(mother.AwaitExit() == 0);
}

TEST_CASE("A zygote for one connection ends by itself") {
  Profile profile = ShellProfile("echo once");
  profile.once = true;
  Mother mother(profile);
  CHECK(ReadToEnd(mother.Ask(1)) == "once\n");
  mother.Expect<AnswerStarted>();
  mother.Expect<AnswerEnded>();
  CHECK(mother.AwaitExit() == 0);
}

// nice(1) asks for its priority, and nothing else that runs here does.
constexpr std::uint32_t kUnlisted = SYS_getpriority;

TEST_CASE("Who makes an unlisted call is killed, and the call is told before the end") {
  Mother mother(ShellProfile("echo begun; exec nice"), {.unlisted = kUnlisted});
  CHECK(ReadToEnd(mother.Ask(5)) == "begun\n");
  mother.Expect<AnswerStarted>();
  pid_t sender = 0;
  const auto unlisted = mother.Expect<AnswerUnlisted>(&sender);
  CHECK(unlisted.header.id == 5);
  CHECK(unlisted.number == kUnlisted);
  CHECK(sender == mother.pid);
  const auto ended = mother.Expect<AnswerEnded>();
  CHECK(ended.signaled == 1);
  CHECK(ended.status == SIGKILL);
}

TEST_CASE("Of an instance so many kills are told, and others go on meanwhile") {
  Mother mother(ShellProfile("test $BAD || { read -r line; echo $line; exit; }; "
                             "for i in 1 2 3 4 5 6 7 8 9 10; do nice; nice; nice; done 2>&-; "
                             "echo $?"),
                {.unlisted = kUnlisted});
  const UniqueFd good = mother.Ask(1);
  mother.Expect<AnswerStarted>();
  const UniqueFd bad = mother.Ask(2, std::string("BAD=1\0", 6));
  mother.Expect<AnswerStarted>();
  for (std::uint32_t told = 0; told < kMaxUnlistedTold; ++told) {
    CHECK(mother.Expect<AnswerUnlisted>().header.id == 2);
  }
  CHECK(ReadToEnd(bad) == "137\n");  // the last of thirty, as killed as the first
  CHECK(mother.Expect<AnswerEnded>().header.id == 2);
  REQUIRE(::write(good.get(), "fine\n", 5) == 5);
  CHECK(ReadToEnd(good) == "fine\n");
  CHECK(mother.Expect<AnswerEnded>().header.id == 1);
}

TEST_CASE("What is no instance's any more is killed too, and told as nobody's") {
  Mother mother(ShellProfile("setsid sh -c 'for i in 1 2 3 4 5 6 7 8 9; do nice; nice; done' 2>&-"),
                {.unlisted = kUnlisted});
  const auto expect_killed = [&](LaunchId id) {
    const UniqueFd client = mother.Ask(id);
    mother.Expect<AnswerStarted>();
    for (std::uint32_t told = 0; told < kMaxUnlistedTold; ++told) {
      CHECK(mother.Expect<AnswerUnlisted>().header.id == 0);
    }
    CHECK(ReadToEnd(client).empty());
    CHECK(mother.Expect<AnswerEnded>().header.id == id);
  };
  expect_killed(1);
  expect_killed(2);  // and the next launch may be told of again
}

TEST_CASE("Kills that find the channel full are told later, each before its end") {
  Mother mother(ShellProfile("exec nice"), {.unlisted = kUnlisted});
  constexpr LaunchId kCount = 300;
  for (LaunchId id = 1; id <= kCount; ++id) {
    mother.LaunchForNobody(id);
  }
  std::set<LaunchId> killed;
  for (LaunchId ended = 0; ended < kCount;) {
    std::byte buffer[kMaxZygoteFrame];
    const ReceivedFrame received = mother.Next(buffer);
    const auto bytes = std::span(buffer, received.length);
    AnswerUnlisted kill;
    AnswerEnded end;
    if (ReadFrame(bytes, kill)) killed.insert(kill.header.id);
    if (!ReadFrame(bytes, end)) continue;
    ++ended;
    CHECK(killed.contains(end.header.id));
  }
}

TEST_CASE("With nobody to tell, who makes an unlisted call is killed all the same") {
  Mother mother(ShellProfile("read -r line; nice; echo $?"), {.unlisted = kUnlisted});
  const UniqueFd client = mother.Ask(1);
  mother.Expect<AnswerStarted>();
  mother.channel.Reset();
  REQUIRE(::write(client.get(), "\n", 1) == 1);
  CHECK(ReadToEnd(client).ends_with("137\n"));
  CHECK(mother.AwaitExit() == 0);
}

TEST_CASE("No instance has the zygote's listener") {
  Mother mother(ShellProfile("ls -l /proc/self/fd; ls -l /proc/$$/fd"), {.unlisted = kUnlisted});
  CHECK(ReadToEnd(mother.Ask(1)).find("seccomp") == std::string::npos);
}

TEST_CASE("A rule may change an instance's umask, priority and words") {
  Mother mother(ShellProfile("echo $PLANNED $MORE $(umask) $(nice); env | grep -c PLANNED="));
  AskLaunch ask;
  ask.header.id = 1;
  ask.has_umask = ask.has_priority = ask.replaces = 1;
  ask.umask = 077;
  ask.priority = 7;
  ask.length = 17;
  std::memcpy(ask.words.data(), "PLANNED=no\0MORE=x", 17);
  ask.words[ask.length++] = '\0';
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  UniqueFd near(ends[0]), far(ends[1]);
  const int handed_over[] = {far.get()};
  mother.SendPatiently(ask, handed_over);
  far.Reset();
  CHECK(ReadToEnd(near) == "no x 0077 7\n1\n");
}

// Who closes the last copy of a connection may have to wait for its client (socket(7), SO_LINGER).
TEST_CASE("Nothing runs before posternd and the zygote have let go of the connection") {
  Mother mother(ShellProfile("echo $$"));
  AskLaunch ask;
  const int handed_over[] = {0};
  mother.SendBytes(AsFrame(ask), handed_over);
  pollfd answer{mother.channel.get(), POLLIN, 0};
  CHECK(::poll(&answer, 1, 300) == 0);
  mother.SendBytes(AsFrame(AskBegin{}), {});
  mother.Expect<AnswerStarted>();
  mother.Expect<AnswerEnded>();
}

TEST_CASE("What follows a launch is its begin, and nothing else") {
  Mother mother(ShellProfile("echo no"));
  AskLaunch ask;
  AskBegin begin;
  const int handed_over[] = {0};
  mother.SendBytes(AsFrame(ask), handed_over);
  SECTION("another's begin") {
    begin.header.id = 1;
    mother.SendBytes(AsFrame(begin), {});
  }
  SECTION("a begin with a descriptor") { mother.SendBytes(AsFrame(begin), handed_over); }
  SECTION("another launch") { mother.SendBytes(AsFrame(ask), handed_over); }
  SECTION("the same without a descriptor") { mother.SendBytes(AsFrame(ask), {}); }
  CHECK(mother.AwaitExit() == 1);
}

TEST_CASE("A launch that posternd has not let go of when it ends is none") {
  Mother mother(ShellProfile("echo no"));
  AskLaunch ask;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  UniqueFd near(ends[0]), far(ends[1]);
  const int handed_over[] = {far.get()};
  mother.SendBytes(AsFrame(ask), handed_over);
  far.Reset();
  mother.channel.Reset();
  CHECK(ReadToEnd(near).empty());
  CHECK(mother.AwaitExit() == 0);
}

TEST_CASE("Garbage on the channel ends the zygote, and starts nothing") {
  Mother mother(ShellProfile("echo no"));
  AskLaunch ask;
  std::vector<int> handed_over = {0};
  std::size_t missing = 0;
  SECTION("a program that there is not") { ask.program = 1; }
  SECTION("fewer bytes than it says") {
    ask.length = 1;
    missing = 1;
  }
  SECTION("a header cut short") { missing = 1; }
  SECTION("a word without an end") {
    ask.length = 3;
    std::memcpy(ask.words.data(), "A=b", 3);
  }
  SECTION("no connection") { handed_over.clear(); }
  SECTION("two connections") { handed_over.push_back(0); }
  SECTION("another frame") { ask.header.type = ZygoteFrame::kAskProfile; }
  SECTION("a begin of nothing") { ask.header.type = ZygoteFrame::kAskBegin; }
  const auto frame = AsFrame(ask);
  REQUIRE(SendFrame(mother.channel, frame.first(frame.size() - missing), handed_over));
  CHECK(mother.AwaitExit() == 1);
}

}  // namespace
}  // namespace postern::sandbox
