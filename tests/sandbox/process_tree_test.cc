// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/process_tree.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "sandbox/sys/process.h"

namespace postern::sandbox::sys {
namespace {

// A session leader with children that say when they are there.
struct Family {
  explicit Family(const std::string& script) {
    auto pipe = MakePipe(/*nonblocking=*/false);
    REQUIRE(pipe);
    root = ::fork();
    if (root == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setsid();
      ::dup2(pipe->write_end.get(), 1);
      ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
      ::_exit(127);
    }
    pipe->write_end.Reset();
    alive = std::move(pipe->read_end);
  }
  ~Family() {
    ::kill(root, SIGKILL);
    ::waitpid(root, nullptr, 0);
  }
  void AwaitLines(int lines) const {
    char byte = 0;
    while (lines > 0) {
      REQUIRE(::read(alive.get(), &byte, 1) == 1);
      if (byte == '\n') --lines;
    }
  }
  // Every member holds the pipe open.
  void AwaitLastMember() const {
    char byte = 0;
    while (::read(alive.get(), &byte, 1) == 1) continue;
  }
  pid_t root = 0;
  UniqueFd alive;
};

TEST_CASE("A tree is the process, its descendants, and its session") {
  // The first child is in another session but has its parent; the second has lost its parent.
  Family family(
      "setsid sh -c 'echo; sleep 100' & (sh -c 'echo; exec sleep 100' &) ; echo; exec sleep 100");
  family.AwaitLines(3);
  const auto tree = ProcessTree(family.root);
  REQUIRE(tree);
  CHECK(tree->size() >= 3);
  CHECK(tree->front() == family.root);
  CHECK(std::find(tree->begin(), tree->end(), ::getpid()) == tree->end());
  REQUIRE(SignalTree(family.root, SIGKILL));
  family.AwaitLastMember();
}

TEST_CASE("A name with blanks and parentheses does not hide a process") {
  Family family("cp /bin/sleep './a) R 1 (b' && './a) R 1 (b' 100 & echo; wait");
  family.AwaitLines(1);
  ::unlink("./a) R 1 (b");
  REQUIRE(SignalTree(family.root, SIGKILL));
  family.AwaitLastMember();
}

TEST_CASE("A process that is gone has no tree") {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(ProcessTree(child).value().empty());
  CHECK(SignalTree(child, SIGTERM));
}

TEST_CASE("Beside a branch there is what has lost its parents, with its session") {
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  Family branch("setsid sh -c 'echo; sleep 100' & echo; exec sleep 100");
  branch.AwaitLines(2);
  Family left(
      "(sh -c 'echo; exec sleep 100' &) ; (setsid sh -c 'echo $$; exec sleep 100' &) ; echo");
  left.AwaitLines(3);
  REQUIRE(::waitpid(left.root, nullptr, WNOHANG | __WALL) >= 0);
  const pid_t branches[] = {branch.root};
  const auto found = DescendantsBeside(::getpid(), branches);
  REQUIRE(found);
  CHECK(std::ranges::count(*found, left.root, &Process::session) >= 1);
  CHECK(std::ranges::any_of(*found, [](const Process& one) { return one.session == one.pid; }));
  CHECK(std::ranges::count(*found, branch.root, &Process::session) == 0);
  CHECK(std::ranges::count(*found, branch.root, &Process::pid) == 0);
  const auto again = DescendantsBeside(::getpid(), {});
  REQUIRE(again);
  CHECK(again->size() >= found->size() + 3);  // the branch, and what it has started
  for (const Process& one : *again) ::kill(one.pid, SIGKILL);
  branch.AwaitLastMember();
  left.AwaitLastMember();
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

TEST_CASE("A signal is for the process that was found, not for who has its number by now") {
  Family family("echo; exec sleep 100");
  family.AwaitLines(1);
  const auto processes = AllProcesses();
  REQUIRE(processes);
  const auto found = std::ranges::find(*processes, family.root, &Process::pid);
  REQUIRE(found != processes->end());
  CHECK(found->started > 0);
  Process earlier = *found;
  --earlier.started;
  REQUIRE(Signal(earlier, SIGKILL));
  CHECK(ProcessTree(family.root).value().size() == 1);
  REQUIRE(Signal(*found, SIGKILL));
  family.AwaitLastMember();
  REQUIRE(Signal(*found, SIGKILL));  // it is a zombie
}

TEST_CASE("A child that is not known is noticed, and that nothing can be told") {
  Family family("sleep 100 & echo; wait");
  family.AwaitLines(1);
  CHECK(MayHaveOtherChildren(family.root, {}));
  const auto tree = ProcessTree(family.root);
  REQUIRE(tree);
  REQUIRE(tree->size() == 2);
  CHECK_FALSE(MayHaveOtherChildren(family.root, *tree));
  CHECK_FALSE(MayHaveOtherChildren(tree->back(), {}));
  CHECK(MayHaveOtherChildren(-1, *tree));
  REQUIRE(SignalTree(family.root, SIGKILL));
  family.AwaitLastMember();
}

TEST_CASE("A zombie is not alive") {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  CHECK(ProcessTree(child).value().empty());
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
