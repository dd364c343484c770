// SPDX-License-Identifier: BSD-2-Clause
// The learner against the kernel: a child under the asking filter, and the test in the place of the
// learning process.
#include "sandbox/learn/learner.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "sandbox/channel.h"
#include "sandbox/confine/install_filter.h"
#include "sandbox/filter/learning_filters.h"
#include "sandbox/learn/hand_over.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

using sys::UniqueFd;

const LearningPlan& Plan() {
  static const LearningPlan kPlan = filter::BuildLearningPlan(/*raw_sockets=*/false).value();
  return kPlan;
}

struct Outcome {
  Learned learned;
  int status = 0;  // of the child, as waitpid(2) has it
};

// `work` runs in a child under the filter, its calls counted from its first on; what it returns is
// the exit status.
Outcome LearnFrom(const std::function<int()>& work, const std::string& launcher = "another") {
  auto pair = MakeChannel();
  REQUIRE(pair);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    auto listener = InstallListeningFilter(Plan().ask);
    if (!listener || !HandOverListener(pair->theirs, *listener)) ::_exit(120);
    listener->Reset();
    ::_exit(work());
  }
  pair->theirs.Reset();
  auto listener = ReceiveListener(pair->ours, sys::Deadline(std::chrono::seconds(20)));
  REQUIRE(listener);
  Outcome outcome;
  Learner learner(Plan(), CallListener(std::move(*listener)), {0, launcher});
  while (::waitpid(child, &outcome.status, WNOHANG) == 0) {
    pollfd wait{learner.descriptor(), POLLIN, 0};
    if (::poll(&wait, 1, 10) == 1 && (wait.revents & POLLIN) != 0) REQUIRE(learner.OnCalls());
  }
  outcome.learned = learner.Finish();
  return outcome;
}

std::uint64_t CountOf(const Learned& learned, long call) {
  const auto found = learned.calls.find(static_cast<std::uint32_t>(call));
  return found == learned.calls.end() ? 0 : found->second.count;
}

}  // namespace

TEST_CASE("Every call is counted, with the program that made it first") {
  const Outcome outcome = LearnFrom([] {
    for (int i = 0; i < 1000; ++i) ::syscall(SYS_getpriority, PRIO_PROCESS, 0);
    return ::syscall(SYS_getppid) > 0 ? 7 : 1;
  });
  CHECK(WEXITSTATUS(outcome.status) == 7);
  CHECK(CountOf(outcome.learned, SYS_getpriority) == 1000);
  CHECK(CountOf(outcome.learned, SYS_getppid) == 1);
  CHECK(CountOf(outcome.learned, SYS_exit_group) == 1);
  CHECK(outcome.learned.calls.at(SYS_getppid).first_by.ends_with("/learner_test"));
  CHECK(outcome.learned.processes == 1);
  CHECK(outcome.learned.cut_off == 0);
}

TEST_CASE("Processes and threads that are made later are learned too") {
  const Outcome outcome = LearnFrom([] {
    for (int i = 0; i < 3; ++i) {
      const long child = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
      if (child == 0) {
        ::syscall(SYS_getuid);
        ::syscall(SYS_exit_group, 0);
      }
      ::syscall(SYS_wait4, child, nullptr, 0, nullptr);
    }
    return 0;
  });
  CHECK(CountOf(outcome.learned, SYS_getuid) == 3);
  CHECK(outcome.learned.processes == 4);
  CHECK(outcome.learned.peaks.tasks == 2);
}

TEST_CASE("What is always denied is never made, and ends who tries") {
  const Outcome outcome = LearnFrom([] {
    ::syscall(SYS_unshare, 0);  // would do nothing, and succeed
    return 0;
  });
  CHECK(WIFSIGNALED(outcome.status));
  CHECK(WTERMSIG(outcome.status) == SIGKILL);
  CHECK(outcome.learned.calls.at(SYS_unshare).killed == 1);
  CHECK(CountOf(outcome.learned, SYS_exit_group) == 0);
}

TEST_CASE("What every sandbox refuses is refused, and counted as that") {
  const Outcome outcome = LearnFrom([] {
    const bool refused = ::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS &&
                         ::syscall(SYS_clone, 0x10000000 | SIGCHLD, 0, 0, 0, 0) == -1 &&
                         errno == EPERM && ::syscall(SYS_openat2, 0, 0, 0, 0) == -1 &&
                         errno == ENOSYS;
    return refused ? 7 : 1;
  });
  CHECK(WEXITSTATUS(outcome.status) == 7);
  CHECK(outcome.learned.calls.at(SYS_clone3).refused == 1);
  CHECK(outcome.learned.calls.at(SYS_clone).refused == 1);
}

TEST_CASE("Files are learned by name, with what becomes of them") {
  testlib::TempDir directory;
  const std::string base = directory.path();
  const Outcome outcome = LearnFrom([&base] {
    if (::chdir(base.c_str()) != 0) return 1;
    ::close(::open("made", O_WRONLY | O_CREAT, 0600));
    ::close(::open((base + "/./x/../made").c_str(), O_RDONLY));
    const int here = ::open(".", O_RDONLY | O_DIRECTORY);
    ::unlinkat(here, "made", 0);
    // Neither is there, nor is there a name.
    ::syscall(SYS_openat, AT_FDCWD, 1, O_RDONLY);
    ::syscall(SYS_openat, AT_FDCWD, 0, O_RDONLY);
    ::syscall(SYS_newfstatat, here, "", nullptr, AT_EMPTY_PATH);
    return 0;
  });
  const auto& files = outcome.learned.files;
  REQUIRE(files.contains(base + "/made"));
  const LearnedFile& made = files.at(base + "/made");
  CHECK(made.use == (kWrites | kCreates | kReads | kMakes));
  CHECK(made.count == 3);
  CHECK(made.found == FoundAs::kNothing);
  CHECK(files.at(base).found == FoundAs::kDirectory);
  CHECK((files.at(base).use & kReads) != 0);
  CHECK(files.size() == 2);
  CHECK(outcome.learned.files_unread == 1);
}

TEST_CASE("A name ends at its end, also at the end of what is mapped") {
  const Outcome outcome = LearnFrom([] {
    char* const pages = static_cast<char*>(
        ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::munmap(pages + 4096, 4096);
    std::memcpy(pages + 4091, "/usr", 5);
    ::syscall(SYS_access, pages + 4091, 0);
    std::memset(pages, 'x', 4096);
    ::syscall(SYS_access, pages + 1, 0);  // never ends
    return 0;
  });
  CHECK(outcome.learned.files.contains("/usr"));
  CHECK(outcome.learned.files.size() == 1);
  CHECK(outcome.learned.files_unread == 1);
}

TEST_CASE("Endless names cost no more than there is room for") {
  const Outcome outcome = LearnFrom([] {
    for (int i = 0; i < 5000; ++i) ::access(("/no/such/" + std::to_string(i)).c_str(), F_OK);
    return 0;
  });
  CHECK(outcome.learned.files.size() == Learned::kMostFiles);
  CHECK(outcome.learned.files_left_out == 5000 - Learned::kMostFiles);
  CHECK(CountOf(outcome.learned, SYS_access) == 5000);
}

TEST_CASE("Where connections lead") {
  const Outcome outcome = LearnFrom([] {
    const int stream = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in inet{};
    inet.sin_family = AF_INET;
    inet.sin_port = htons(9);
    inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(stream, reinterpret_cast<const sockaddr*>(&inet), sizeof inet);
    sockaddr_un local{AF_UNIX, "/run/no/such"};
    ::connect(stream, reinterpret_cast<const sockaddr*>(&local), sizeof local);
    ::syscall(SYS_connect, stream, 1, 16);
    return 0;
  });
  CHECK(outcome.learned.connections.at({AF_INET, 9}) == 1);
  CHECK(outcome.learned.files.at("/run/no/such").use == kConnects);
  CHECK(outcome.learned.connections_left_out == 1);
  CHECK(outcome.learned.arguments.contains(
      {SYS_socket, CallArguments{AF_INET, SOCK_STREAM, 0, 0, 0, 0}}));
}

// Larger than what the test itself may have been started with.
constexpr off_t kLargest = 123'456'789;

TEST_CASE("What a process takes is measured") {
  testlib::TempDir directory;
  const std::string file = directory.path() + "/big";
  const Outcome outcome = LearnFrom([&file] {
    for (int i = 0; i < 40; ++i) ::syscall(SYS_dup, 2);
    const int big = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
    if (::ftruncate(big, kLargest) != 0) return 1;
    ::close(big);
    const std::size_t size = std::size_t{64} << 20;
    auto* const room = static_cast<char*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::size_t at = 0; at < size; at += 4096) room[at] = 1;
    ::munmap(room, size);
    return 0;
  });
  const Peaks& peaks = outcome.learned.peaks;
  CHECK(peaks.descriptors >= 43);
  CHECK(peaks.descriptors < 80);
  CHECK(peaks.file_bytes == static_cast<std::uint64_t>(kLargest));
  CHECK(peaks.address_kib >= 65536);
  CHECK(peaks.resident_kib >= 65536);
}

TEST_CASE("Until it executes its program, a launcher's child is not learned") {
  const Outcome outcome = LearnFrom(
      [] {
        ::syscall(SYS_getppid);
        char* const words[] = {const_cast<char*>("true"), nullptr};
        ::execv("/bin/true", words);
        return 1;
      },
      "learner_test");
  CHECK(WEXITSTATUS(outcome.status) == 0);
  CHECK(CountOf(outcome.learned, SYS_getppid) == 0);
  CHECK(CountOf(outcome.learned, SYS_execve) == 0);
  CHECK(CountOf(outcome.learned, SYS_exit_group) == 1);
  CHECK(outcome.learned.calls.at(SYS_exit_group).first_by.ends_with("/true"));
}

TEST_CASE("Who takes the launcher's name is denied what is always denied") {
  const auto work = [] {
    ::prctl(PR_SET_NAME, "launcher");
    const long child = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
      ::syscall(SYS_unshare, 0);
      ::syscall(SYS_exit_group, 0);
    }
    int status = 0;
    ::syscall(SYS_wait4, child, &status, 0, nullptr);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 1;
  };
  const Outcome outcome = LearnFrom(work, "launcher");
  CHECK(WEXITSTATUS(outcome.status) == SIGKILL);
  CHECK(outcome.learned.calls.at(SYS_unshare).killed == 1);
}

}  // namespace postern::sandbox
