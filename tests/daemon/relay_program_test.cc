// SPDX-License-Identifier: BSD-2-Clause
// The real postern-relay, started as posternd starts it: what it may do, what it holds, how it
// ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

constexpr char kNobody[] = "65534";

class RelayProgram {
 public:
  explicit RelayProgram(std::vector<std::string> arguments = {"--user", kNobody, kNobody}) {
    auto pair = sandbox::MakeChannel();
    REQUIRE(pair);
    arguments.insert(arguments.begin(), RELAY_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      // One more than it should keep.
      if (::dup2(pair->theirs.get(), kChannelDescriptor) < 0 || ::dup2(2, 9) < 0) ::_exit(99);
      ::execv(argv[0], argv.data());
      ::_exit(98);
    }
    channel_ = std::move(pair->ours);
  }
  ~RelayProgram() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    Wait();
  }

  pid_t pid() const { return pid_; }
  UniqueFd& channel() { return channel_; }

  bool ReadyWithin(int milliseconds) {
    if (!Await(channel_, POLLIN, milliseconds)) return false;
    std::array<std::byte, kMaxFrame> buffer;
    const auto received = sandbox::ReceiveFrame(channel_, buffer);
    AnswerReady ready;
    return received && ReadFrame(std::span(buffer).first(received->length), ready);
  }

  int Wait() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, 0), &status, 0) > 0);
    return status;
  }

  // The text after "Key:\t" in /proc/PID/status.
  std::string Status(const std::string& key) const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
    }
    return "absent";
  }

 private:
  pid_t pid_ = 0;
  UniqueFd channel_;
};

TEST_CASE("the relay has no user, no privilege, no way to gain any, and a filter") {
  RelayProgram relay;
  REQUIRE(relay.ReadyWithin(5000));
  CHECK(relay.Status("Uid") == "65534\t65534\t65534\t65534");
  CHECK(relay.Status("Gid") == "65534\t65534\t65534\t65534");
  CHECK(relay.Status("Groups").find_first_of("0123456789") == std::string::npos);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    CHECK(relay.Status(set) == "0000000000000000");
  }
  CHECK(relay.Status("NoNewPrivs") == "1");
  CHECK(relay.Status("Seccomp") == "2");
  std::ifstream file("/proc/" + std::to_string(relay.pid()) + "/limits");
  const std::string limits(std::istreambuf_iterator<char>(file), {});
  for (const char* name : {"Max processes", "Max file size", "Max core file size"}) {
    const auto at = limits.find(name);
    REQUIRE(at != std::string::npos);
    std::istringstream values(limits.substr(at + 26));
    std::string soft, hard;
    values >> soft >> hard;
    CHECK(soft == "0");
    CHECK(hard == "0");
  }
}

TEST_CASE("the relay holds its channel, its poller and the standard descriptors only") {
  RelayProgram relay;
  REQUIRE(relay.ReadyWithin(5000));
  const std::string table = "/proc/" + std::to_string(relay.pid()) + "/fd";
  std::vector<std::string> held;
  for (const auto& entry : std::filesystem::directory_iterator(table)) {
    held.push_back(entry.path().filename());
  }
  std::sort(held.begin(), held.end());
  CHECK(held == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(std::filesystem::read_symlink(table + "/3").string().starts_with("socket:"));
  CHECK(std::filesystem::read_symlink(table + "/4") == "anon_inode:[eventpoll]");
}

TEST_CASE("the confined relay serves each of its services") {
  RelayProgram relay;
  REQUIRE(relay.ReadyWithin(5000));
  SessionId id = 0;
  for (const WireBuiltin builtin :
       {WireBuiltin::kEcho, WireBuiltin::kDiscard, WireBuiltin::kDaytime, WireBuiltin::kTime,
        WireBuiltin::kChargen}) {
    ConnectionEnds client = TcpConnection();
    AskServe ask;
    ask.header.session = ++id;
    ask.builtin = builtin;
    const int descriptor = client.far.get();
    REQUIRE(sandbox::SendFrame(relay.channel(), AsFrame(ask), {&descriptor, 1}));
    client.far.Reset();
    if (builtin != WireBuiltin::kDiscard) {
      if (builtin == WireBuiltin::kEcho) Write(client.near, "abcd");
      CHECK(ReadExactly(client.near, 4).size() == 4);
    }
  }
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = TcpConnection();
  AskRedirect ask;
  ask.header.session = ++id;
  ask.address_count = 1;
  ask.keepalive = 1;
  ask.addresses[0] = Wire(LocalName(listener));
  const int descriptor = client.far.get();
  REQUIRE(sandbox::SendFrame(relay.channel(), AsFrame(ask), {&descriptor, 1}));
  const UniqueFd backend = AcceptOne(listener);
  CHECK(Passes(backend, "through the pipe", client.near));
  relay.channel().Reset();
  const int status = relay.Wait();
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the confined relay serves a datagram") {
  RelayProgram relay;
  REQUIRE(relay.ReadyWithin(5000));
  const UniqueFd service = BoundLoopback(SOCK_DGRAM), client = DatagramClient();
  const sockaddr_in to = LocalName(service);
  REQUIRE(::sendto(client.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
          1);
  AskDatagram ask;
  ask.builtin = WireBuiltin::kDaytime;
  ask.sender = Wire(LocalName(client));
  const int descriptor = service.get();
  REQUIRE(sandbox::SendFrame(relay.channel(), AsFrame(ask), {&descriptor, 1}));
  CHECK(ReadExactly(client, 26).size() >= 24);
}

TEST_CASE("garbage ends the program with a failure") {
  RelayProgram relay;
  REQUIRE(relay.ReadyWithin(5000));
  REQUIRE(sandbox::SendFrame(relay.channel(), AsFrame(AnswerReady{}), {}));
  const int status = relay.Wait();
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("the relay does not run as root, nor with arguments it does not know") {
  struct Row {
    std::vector<std::string> arguments;
    int status;
  };
  for (const Row& row : {Row{{}, 1}, Row{{"--user", "0", "0"}, 1}, Row{{"--user", kNobody, "0"}, 1},
                         Row{{"--user", "nobody", kNobody}, 2}, Row{{"--user", kNobody}, 2},
                         Row{{"--user", "-1", kNobody}, 2}, Row{{"--help"}, 2}}) {
    RelayProgram relay(row.arguments);
    const int status = relay.Wait();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == row.status);
  }
}

TEST_CASE("the relay dies with the process that started it") {
  int pids[2];
  REQUIRE(::pipe2(pids, O_CLOEXEC) == 0);
  // The channel's other end survives in this process, so only the signal can end the relay.
  auto pair = sandbox::MakeChannel();
  REQUIRE(pair);
  const pid_t parent = ::fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(pair->theirs.get(), kChannelDescriptor);
      ::execl(RELAY_PROGRAM, RELAY_PROGRAM, "--user", kNobody, kNobody, nullptr);
      ::_exit(98);
    }
    if (::write(pids[1], &child, sizeof child) != sizeof child) ::_exit(97);
    ::pause();
  }
  const UniqueFd ours = std::move(pair->ours);
  pair->theirs.Reset();
  pid_t relay = 0;
  REQUIRE(::read(pids[0], &relay, sizeof relay) == sizeof relay);
  NextFrame<AnswerReady>(ours);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  REQUIRE(Await(ours, POLLIN));
  std::array<std::byte, kMaxFrame> buffer;
  CHECK(sandbox::ReceiveFrame(ours, buffer)->length == 0);
  ::close(pids[0]);
  ::close(pids[1]);
}

}  // namespace
}  // namespace postern::daemon
