// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of the zygotes, with the real program and with a fake one that misbehaves.
#include "daemon/acceptor/zygotes.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"
#include "tests/testlib/asking_filter.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using sandbox::LaunchId;
using sandbox::LaunchStep;
using std::chrono::milliseconds;

struct Fate {
  pid_t pid = 0;
  std::optional<LaunchStep> failed;
  std::optional<sys::Exit> ended;
  std::optional<std::string> lost;
  bool over() const { return ended || lost; }
};

struct Recorder final : InstanceEvents {
  std::map<LaunchId, Fate> fates;
  std::vector<std::pair<LaunchId, std::uint32_t>> unlisted;
  void OnInstanceStarted(LaunchId id, pid_t pid) override { fates[id].pid = pid; }
  void OnInstanceFailed(LaunchId id, LaunchStep step, int) override { fates[id].failed = step; }
  void OnInstanceEnded(LaunchId id, sys::Exit how) override { fates[id].ended = how; }
  void OnUnlistedCall(const sandbox::Profile&, LaunchId id, std::uint32_t call) override {
    unlisted.emplace_back(id, call);
  }
  void OnInstanceLost(LaunchId id, const std::string& why) override { fates[id].lost = why; }
};

ProfileRef Running(
    const std::string& script,
    const std::function<void(sandbox::Profile&)>& change = [](sandbox::Profile&) {}) {
  auto profile = std::make_shared<sandbox::Profile>();
  profile->service = "test";
  profile->programs = {{"/bin/sh", {"sh", "-c", script}, {}, 022}};
  profile->identity.change = ::geteuid() == 0;
  profile->identity.uid = profile->identity.gid = 65534;
  profile->mitigate_speculation = false;
  change(*profile);
  return profile;
}

struct Fixture : LogFixture {
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  Recorder events;
  std::unique_ptr<Zygotes> zygotes;
  LaunchId next = 1;

  Fixture() { Start(ZYGOTE_PROGRAM); }
  void Start(const std::string& program, milliseconds idle_life = Zygotes::kIdleLife) {
    zygotes = std::make_unique<Zygotes>(*loop, *program_log, events, idle_life);
    zygotes->SetProgram(program);
  }
  // The client's end.
  sys::UniqueFd Connect(const ProfileRef& profile, sys::Status* asked = nullptr) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    sys::UniqueFd near(ends[0]);
    Zygote::Launch launch{next++, 0, {"A=b"}, sys::UniqueFd(ends[1])};
    const auto result = zygotes->Launch(profile, launch);
    if (asked != nullptr) {
      *asked = result;
    } else {
      REQUIRE(result);
    }
    return near;
  }
  void AwaitAll() {
    TurnUntil(*loop, [&] {
      return events.fates.size() == next - 1 &&
             std::ranges::all_of(events.fates, [](const auto& one) { return one.second.over(); });
    });
  }
  static std::string ReadToEnd(const sys::UniqueFd& client) {
    std::string text;
    char buffer[1024];
    for (ssize_t n = 1; n > 0;) {
      n = ::read(client.get(), buffer, sizeof buffer);
      if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }
  // A program that takes the zygote's place.
  std::string Script(const std::string& lines) {
    const std::string path = directory / "zygote";
    std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    return path;
  }
};

TEST_CASE_METHOD(Fixture, "One zygote starts every instance of a profile") {
  const auto profile = Running("echo $PPID $A");
  const auto first = Connect(profile), second = Connect(profile);
  AwaitAll();
  const std::string text = ReadToEnd(first);
  CHECK(text == ReadToEnd(second));
  CHECK(text.ends_with(" b\n"));
  CHECK(zygotes->count() == 1);
  CHECK(events.fates[1].ended->status == 0);
  CHECK(events.fates[1].pid > 0);
}

TEST_CASE_METHOD(Fixture, "In a pid namespace of its own an instance is known by our numbers") {
  if (::geteuid() != 0) FAIL("needs root");
  const auto profile = Running("echo $$; read -r line", [](sandbox::Profile& one) {
    one.namespaces.pid = one.namespaces.mount = true;
  });
  const auto client = Connect(profile);
  TurnUntil(*loop, [&] { return events.fates[1].pid != 0; });
  char inner[16] = {};
  REQUIRE(::read(client.get(), inner, sizeof inner - 1) > 0);
  CHECK(std::string(inner) != std::to_string(events.fates[1].pid) + "\n");
  REQUIRE(::kill(events.fates[1].pid, SIGUSR1) == 0);
  AwaitAll();
  CHECK(events.fates[1].ended->signal == SIGUSR1);
}

TEST_CASE_METHOD(Fixture, "A program that cannot be executed is told, and costs no zygote") {
  const auto profile =
      Running("", [](sandbox::Profile& one) { one.programs[0].path = "/nonexistent"; });
  Connect(profile);
  AwaitAll();
  CHECK(events.fates[1].failed == LaunchStep::kExecute);
  CHECK(events.fates[1].ended->status == sandbox::kLaunchFailed);
  Connect(profile);
  AwaitAll();
  CHECK(zygotes->count() == 1);
}

TEST_CASE_METHOD(Fixture, "A sandbox that cannot be made loses who asked, and is tried later") {
  const auto profile = Running("echo never", [](sandbox::Profile& one) {
    one.namespaces.mount = true;
    one.files.read_write_paths = {"/nonexistent"};
  });
  const auto client = Connect(profile);
  AwaitAll();
  CHECK(events.fates[1].lost->find("/nonexistent") != std::string::npos);
  CHECK(ReadToEnd(client).empty());
  CHECK(Said("/nonexistent") == 0);  // whoever asked tells it, once
  // Its process is gone a moment later.
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
  sys::Status asked;
  Connect(profile, &asked);
  CHECK(asked.error().number == EBUSY);
}

TEST_CASE_METHOD(Fixture, "With `once` each connection has a zygote, which goes with it") {
  const auto profile = Running("echo $PPID", [](sandbox::Profile& one) { one.once = true; });
  const auto first = Connect(profile), second = Connect(profile);
  AwaitAll();
  CHECK(ReadToEnd(first) != ReadToEnd(second));
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
}

TEST_CASE_METHOD(Fixture, "With `once` a zygote that cannot start its instance goes as well") {
  const auto profile = Running("echo never", [](sandbox::Profile& one) {
    one.once = true;
    constexpr auto kNumber = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
    one.filter = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, kNumber},
                  {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_clone},
                  {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAGAIN},
                  {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  });
  const auto client = Connect(profile);
  TurnUntil(*loop, [&] { return events.fates[1].failed && zygotes->count() == 0; });
  CHECK(events.fates[1].failed == LaunchStep::kClone);
}

TEST_CASE_METHOD(Fixture, "Where privileges may be gained, Landlock does not keep instances out") {
  const auto profile = Running("echo ran", [](sandbox::Profile& one) {
    one.no_new_privileges = false;
    one.landlock.enabled = one.landlock.scoped = true;
  });
  if (::geteuid() != 0) FAIL("needs root");  // to restrict itself without no_new_privs
  const auto client = Connect(profile);
  AwaitAll();
  CHECK(ReadToEnd(client) == "ran\n");
}

TEST_CASE_METHOD(Fixture, "An idle zygote leaves, a busy one does not, an eager one stays") {
  Start(ZYGOTE_PROGRAM, milliseconds(50));
  const auto busy = Running("read -r line"), idle = Running("exit 0"), eager = Running("exit 0");
  REQUIRE(zygotes->Prepare(eager));
  const auto client = Connect(busy);
  Connect(idle);
  TurnUntil(*loop, [&] { return events.fates[2].over(); });
  TurnUntil(*loop, [&] { return zygotes->count() == 2; });
  CHECK_FALSE(events.fates[1].over());
  zygotes->Release(eager);
  TurnUntil(*loop, [&] { return zygotes->count() == 1; });
  REQUIRE(::write(client.get(), "\n", 1) == 1);
  AwaitAll();
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
  // And another comes when it is needed.
  Connect(idle);
  AwaitAll();
  CHECK(events.fates[3].ended->status == 0);
}

TEST_CASE_METHOD(Fixture, "A zygote that somebody has stopped is killed, not waited for") {
  Start(ZYGOTE_PROGRAM, milliseconds(50));
  const auto client = Connect(Running("echo $PPID; read -r line"));
  TurnUntil(*loop, [&] { return events.fates[1].pid != 0; });
  char text[16] = {};
  REQUIRE(::read(client.get(), text, sizeof text - 1) > 0);
  REQUIRE(::kill(std::stoi(text), SIGSTOP) == 0);
  REQUIRE(::write(client.get(), "\n", 1) == 1);
  AwaitAll();
  REQUIRE(events.fates[1].lost);
  CHECK(events.fates[1].lost->find("somebody has stopped it") != std::string::npos);
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
}

// The groups of this name in every hierarchy of the machine.
std::size_t GroupsNamed(const std::string& name) {
  std::size_t count = 0;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator("/sys/fs/cgroup", failed)) {
    if (entry.path().filename() == name) ++count;
  }
  return count;
}

TEST_CASE_METHOD(Fixture, "A service's control group is there while its zygote is") {
  Start(ZYGOTE_PROGRAM, milliseconds(50));
  const std::string name = "postern-zygotes-test-" + std::to_string(::getpid());
  const auto profile = Running("read -r line", [&name](sandbox::Profile& one) {
    one.service = name;
    one.cgroup.tasks_max = 10;
  });
  const auto client = Connect(profile);
  TurnUntil(*loop, [&] { return events.fates[1].pid != 0 || events.fates[1].over(); });
  // A machine without the controller of the limit does not start the service.
  if (events.fates[1].lost) {
    CHECK(events.fates[1].lost->find("pids") != std::string::npos);
  } else {
    CHECK(GroupsNamed(name) > 0);
    REQUIRE(::write(client.get(), "\n", 1) == 1);
  }
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
  TurnUntil(*loop, [&] { return GroupsNamed(name) == 0; });
}

ProfileRef Reporting(const std::string& script) {
  return Running(script, [](sandbox::Profile& one) {
    one.namespaces.pid = one.namespaces.mount = true;
    one.report_unlisted = true;
    one.filter = testlib::AskingAbout(SYS_getpriority);
  });
}

TEST_CASE_METHOD(Fixture, "A call that is not listed is told, and who made it has been killed") {
  if (::geteuid() != 0) FAIL("needs root");
  const auto client = Connect(Reporting("exec nice"));
  AwaitAll();
  CHECK(events.fates[1].ended->signal == SIGKILL);
  CHECK(events.unlisted == std::vector{std::pair(LaunchId{1}, std::uint32_t{SYS_getpriority})});
}

TEST_CASE_METHOD(Fixture, "Where the zygote did not get a pid namespace, the kernel kills") {
  auto profile = std::make_shared<sandbox::Profile>(*Reporting("exec nice"));
  profile->namespaces.pid = false;
  const auto client = Connect(profile);
  AwaitAll();
  CHECK(events.fates[1].ended->signal == SIGSYS);
  CHECK(events.unlisted.empty());
}

TEST_CASE_METHOD(Fixture,
                 "A killed zygote loses its instances, and the next one is not held back") {
  const auto profile = Running("echo $PPID; exec sleep 100", [](sandbox::Profile& one) {
    one.namespaces.pid = ::geteuid() == 0;
  });
  const auto client = Connect(profile);
  TurnUntil(*loop, [&] { return events.fates[1].pid != 0; });
  std::ifstream stat("/proc/" + std::to_string(events.fates[1].pid) + "/stat");
  std::string skipped;
  pid_t zygote = 0;
  stat >> skipped >> skipped >> skipped >> zygote;
  REQUIRE(::kill(zygote, SIGKILL) == 0);
  AwaitAll();
  CHECK(events.fates[1].lost->find("signal 9") != std::string::npos);
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
  Connect(profile);
  TurnUntil(*loop, [&] { return events.fates[2].pid != 0; });
}

TEST_CASE_METHOD(Fixture, "A zygote that has died unheard costs nobody who asks next") {
  const auto profile = Running("echo $PPID");
  const auto first = Connect(profile);
  AwaitAll();
  const pid_t zygote = std::stoi(ReadToEnd(first));
  REQUIRE(::kill(zygote, SIGKILL) == 0);
  siginfo_t dead{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(zygote), &dead, WEXITED | WNOWAIT) == 0);
  const auto second = Connect(profile);
  AwaitAll();
  REQUIRE(events.fates[2].ended);
  CHECK(std::stoi(ReadToEnd(second)) != zygote);
  TurnUntil(*loop, [&] { return zygotes->count() == 1; });
}

TEST_CASE_METHOD(Fixture, "An eager zygote that nobody wants before it is ready goes quietly") {
  const auto profile = Running("exit 0");
  REQUIRE(zygotes->Prepare(profile));
  zygotes->Release(profile);
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
  CHECK(Said("its zygote ended") == 0);
}

TEST_CASE_METHOD(Fixture, "More instances than the channel holds are queued, in order") {
  const auto profile = Running("exit 3");
  constexpr int kCount = 300;
  std::vector<sys::UniqueFd> clients;
  for (int i = 0; i < kCount; ++i) clients.push_back(Connect(profile));
  AwaitAll();
  for (const auto& [id, fate] : events.fates) CHECK(fate.ended->status == 3);
}

TEST_CASE_METHOD(Fixture, "Words that do not fit are refused, and the connection stays") {
  const auto profile = Running("exit 0");
  Zygote::Launch launch{1, 0, {std::string(sandbox::kMaxLaunchWords, 'x')}, sys::UniqueFd(0)};
  const auto asked = zygotes->Launch(profile, launch);
  CHECK(asked.error().number == E2BIG);
  CHECK(launch.connection.Release() == 0);
}

TEST_CASE_METHOD(Fixture, "A zygote for one connection goes when that one is not asked for") {
  const auto profile = Running("exit 0", [](sandbox::Profile& one) { one.once = true; });
  Zygote::Launch launch{1, 0, {std::string(sandbox::kMaxLaunchWords, 'x')}, sys::UniqueFd(0)};
  CHECK(zygotes->Launch(profile, launch).error().number == E2BIG);
  CHECK(launch.connection.Release() == 0);
  CHECK(zygotes->count() == 1);
  TurnUntil(*loop, [&] { return zygotes->count() == 0; });
}

TEST_CASE_METHOD(Fixture, "A zygote that speaks out of turn is killed") {
  // The frame says AnswerEnded, of an instance that nobody asked for, before it is ready.
  Start(Script("printf 'i\\0\\0\\0aaaaaaaaaaaaaaaaaaaa' >&3; exec sleep 100"));
  const auto client = Connect(Running("exit 0"));
  AwaitAll();
  CHECK(events.fates[1].lost->find("answered what was not asked") != std::string::npos);
  CHECK(ReadToEnd(client).empty());
}

// A zygote that answers the first AskLaunch with a frame, packed by Python's struct.
std::string Answering(const std::string& packed) {
  return "exec python3 -c '\n"
         "import socket, struct, time\n"
         "channel = socket.socket(fileno=3)\n"
         "channel.setblocking(True)\n"
         "channel.recv(4096)\n"
         "channel.send(struct.pack(\"=IIQI1024x4x\", 101, 0, 0, 0))\n"
         "channel.recv(4096)\n"
         "channel.send(struct.pack(" +
         packed +
         "))\n"
         "time.sleep(100)'";
}

TEST_CASE_METHOD(Fixture, "An end that makes no sense kills the zygote, and loses its instance") {
  Start(Script(Answering("\"=IIQIi\", 105, 0, 1, 2, 9")));
  const auto client = Connect(Running("exit 0"));
  AwaitAll();
  CHECK(events.fates[1].lost->find("answered what was not asked") != std::string::npos);
  CHECK_FALSE(events.fates[1].ended);
}

TEST_CASE_METHOD(Fixture, "So does a kill that cannot have been, which is not told of") {
  bool reports = true;
  std::string frame;
  SECTION("of an instance that is not") { frame = "\"=IIQII\", 106, 0, 2, 110, 0"; }
  SECTION("for a call that there is not") { frame = "\"=IIQII\", 106, 0, 1, 470, 0"; }
  SECTION("where the kernel kills") {
    frame = "\"=IIQII\", 106, 0, 1, 110, 0";
    reports = false;
  }
  Start(Script(Answering(frame)));
  const auto client =
      Connect(Running("exit 0", [&](sandbox::Profile& one) { one.report_unlisted = reports; }));
  AwaitAll();
  CHECK(events.fates[1].lost->find("answered what was not asked") != std::string::npos);
  CHECK(events.unlisted.empty());
}

TEST_CASE_METHOD(Fixture, "A zygote that ends before it is ready loses who asked") {
  Start(Script("sleep 0.2; exit 5"));
  Connect(Running("exit 0"));
  AwaitAll();
  CHECK(events.fates[1].lost->find("status 5") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "A zygote whose program is missing is an error at once") {
  Start("/nonexistent");
  sys::Status asked;
  Connect(Running("exit 0"), &asked);
  CHECK(asked.error().number == ENOENT);
  Connect(Running("exit 0"), &asked);
  CHECK(asked.error().number == ENOENT);
}

TEST_CASE_METHOD(Fixture, "What runs goes on when posternd lets go") {
  const auto client = Connect(Running("read -r line; echo $line"));
  TurnUntil(*loop, [&] { return events.fates[1].pid != 0; });
  zygotes.reset();
  REQUIRE(::write(client.get(), "still\n", 6) == 6);
  CHECK(ReadToEnd(client) == "still\n");
}

}  // namespace
}  // namespace postern::daemon
