// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/zygote.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/child_stack.h"
#include "sandbox/zygote/instance_child.h"

namespace postern::sandbox {
namespace {

std::vector<char*> PointersTo(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  return pointers;
}

sys::Status Garbage() { return std::unexpected(sys::Error{"recvmsg", EBADMSG, "AskLaunch"}); }

// Every word ends within the frame, and nothing follows the last.
bool WellFormed(const AskLaunch& ask, std::size_t size, std::size_t programs) {
  return size >= offsetof(AskLaunch, words) && ask.header.type == ZygoteFrame::kAskLaunch &&
         ask.program < programs && size - offsetof(AskLaunch, words) == ask.length &&
         (ask.length == 0 || ask.words[ask.length - 1] == '\0');
}

}  // namespace

// One launch's memory.
struct Zygote::Stage {
  ChildStack stack;
  InstanceTask task;
  AskLaunch ask;
  std::vector<char*> argv, environment;

  // Rare, so that its cost does not count.
  void DropReplaced() {
    const std::string_view words(ask.words.data(), ask.length);
    std::erase_if(environment, [words](const char* planned) {
      const std::string_view word(planned);
      const std::string_view name = word.substr(0, word.find('=') + 1);
      for (std::size_t at = words.find(name); at != std::string_view::npos;
           at = words.find(name, at + 1)) {
        if (at == 0 || words[at - 1] == '\0') return true;
      }
      return false;
    });
  }

  void Prepare(const AskLaunch& next, const Profile& profile, int connection, int channel,
               int domain) {
    ask.program = next.program;
    ask.length = next.length;
    std::memcpy(ask.words.data(), next.words.data(), next.length);
    const ProgramToRun& program = profile.programs[ask.program];
    argv = PointersTo(program.argv);
    argv.push_back(nullptr);
    environment = PointersTo(program.environment);
    if (next.replaces == 1) DropReplaced();
    for (char* word = ask.words.data(); word < ask.words.data() + ask.length;) {
      environment.push_back(word);
      word += std::strlen(word) + 1;
    }
    environment.push_back(nullptr);
    task.released.store(0, std::memory_order_relaxed);
    task.id = next.header.id;
    task.path = program.path.c_str();
    task.argv = argv.data();
    task.environment = environment.data();
    task.umask = next.has_umask == 1 ? next.umask : program.umask;
    task.has_priority = next.has_priority == 1;
    task.priority = next.priority;
    task.limits = profile.limits;
    task.connection = connection;
    task.channel = channel;
    task.domain = domain;
  }
};

Zygote::Zygote(const Profile& profile, sys::UniqueFd channel, sys::UniqueFd children,
               sys::UniqueFd domain, sys::UniqueFd unlisted)
    : profile_(profile),
      channel_(std::move(channel)),
      children_(std::move(children)),
      domain_(std::move(domain)),
      unlisted_(std::move(unlisted)) {}

Zygote::~Zygote() = default;

sys::Status Zygote::Run() {
  for (;;) {
    congested_ = false;
    // A kill is told before the end that it brought.
    Tell(kill_to_tell_);
    Tell(failure_to_tell_);
    if (!kill_to_tell_) TRY_STATUS(Reap());
    if (Finished()) return {};
    TRY_STATUS(Await());
  }
}

// What instances left running in the background goes on, as without a zygote; with `once` the
// sandbox, where it is one of processes, ends with its instance.
bool Zygote::Finished() const {
  if (open_ || failure_to_tell_ || !instances_.empty()) return false;
  if (profile_.once && profile_.namespaces.pid) return true;
  return ::waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) != 0;
}

sys::Status Zygote::Await() {
  const bool takes = open_ && !failure_to_tell_;
  const auto interest = static_cast<short>((takes ? POLLIN : 0) | (congested_ ? POLLOUT : 0));
  pollfd waits[] = {{children_.get(), POLLIN, 0},
                    {interest != 0 ? channel_.get() : -1, interest, 0},
                    {kill_to_tell_ ? -1 : unlisted_.descriptor(), POLLIN, 0}};
  // Not poll(2), which the filter might not list.
  if (::ppoll(waits, std::size(waits), nullptr, nullptr) < 0 && errno != EINTR) {
    return sys::LastError("ppoll");
  }
  signalfd_siginfo told;
  if (waits[0].revents != 0 && ::read(children_.get(), &told, sizeof told) < 0 && errno != EAGAIN) {
    return sys::LastError("read", "signalfd");
  }
  if ((waits[2].revents & POLLIN) != 0) TRY_STATUS(OnUnlisted());
  return takes && (waits[1].revents & ~POLLOUT) != 0 ? OnChannel() : sys::Status{};
}

sys::Status Zygote::OnChannel() {
  AskLaunch ask;
  auto received = ReceiveFrame(channel_, std::as_writable_bytes(std::span(&ask, 1)));
  if (!received && received.error().number == EAGAIN) return {};
  if (!received) return std::unexpected(received.error());
  if (received->length == 0) {
    open_ = false;
    return {};
  }
  if (connection_) {
    return received->descriptor_count == 0 ? OnBegin(ask, received->length) : Garbage();
  }
  if (received->descriptor_count != 1 ||
      !WellFormed(ask, received->length, profile_.programs.size())) {
    return Garbage();
  }
  asked_ = ask;
  connection_ = std::move(received->descriptors[0]);
  return {};
}

sys::Status Zygote::OnBegin(const AskLaunch& received, std::size_t size) {
  AskBegin begin;
  if (!ReadFrame(std::as_bytes(std::span(&received, 1)).first(size), begin) ||
      begin.header.id != asked_.header.id) {
    return Garbage();
  }
  return Launch(asked_, std::move(connection_));
}

// The child has a descriptor table of its own from the start: the zygote's is small. It executes
// nothing before our copy of the connection is closed (protocol.h).
sys::Status Zygote::Launch(const AskLaunch& ask, sys::UniqueFd connection) {
  // Started or not: nobody would ask again, and it would be one task of the service's tasks_max.
  if (profile_.once) open_ = false;
  Stage* stage = stages_.Free();
  pid_t child = -1;
  int error = ENOMEM;
  if (stage != nullptr) {
    stage->Prepare(ask, profile_, connection.get(), channel_.get(), domain_.get());
    auto& in_use = stage->stack.in_use();
    in_use.store(1, std::memory_order_release);
    // No signal is caught by a handler in this process, so none can run on the child's stack.
    child = ::clone(&RunInstance, stage->stack.top(), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
                    &stage->task, nullptr, nullptr, &in_use);
    error = errno;
    if (child < 0) in_use.store(0, std::memory_order_release);
  }
  if (child >= 0) {
    connection.Reset();
    stage->task.released.store(1, std::memory_order_release);
    instances_.emplace(child, Instance{ask.header.id});
    others_kills_told_ = 0;
    return {};
  }
  failure_to_tell_.emplace();
  failure_to_tell_->header.id = ask.header.id;
  failure_to_tell_->step = static_cast<std::uint32_t>(LaunchStep::kClone);
  failure_to_tell_->error = error;
  return {};
}

// One in each turn, so that who is killed all the time keeps nobody else waiting.
sys::Status Zygote::OnUnlisted() {
  TRY(const auto call, unlisted_.KillCaller());
  if (!call) return {};
  const auto instance = instances_.find(call->session);
  const bool known = instance != instances_.end();
  std::uint32_t& told = known ? instance->second.kills_told : others_kills_told_;
  if (told == kMaxUnlistedTold) return {};
  ++told;
  kill_to_tell_.emplace();
  kill_to_tell_->header.id = known ? instance->second.id : 0;
  kill_to_tell_->number = call->number;
  return {};
}

template <typename Answer>
void Zygote::Tell(std::optional<Answer>& waiting) {
  if (!waiting) return;
  const auto sent = SendFrame(channel_, AsFrame(*waiting), {});
  if (!sent && sent.error().number == EAGAIN) {
    congested_ = true;
    return;
  }
  waiting.reset();
  if (!sent) open_ = false;
}

// An end is told before the process is reaped: until then its number is not another's. While the
// channel is full, the dead wait.
sys::Status Zygote::Reap() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return {};
    TRY(const bool told, TellEnd(info.si_pid, info.si_code, info.si_status));
    if (!told) {
      congested_ = true;
      return {};
    }
    ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED);
  }
}

// False: later. What an instance left behind is nobody's to be told of; and nobody is there to be
// told once posternd is gone.
sys::Result<bool> Zygote::TellEnd(pid_t pid, int code, int status) {
  const auto instance = instances_.find(pid);
  if (instance == instances_.end()) return true;
  AnswerEnded ended;
  ended.header.id = instance->second.id;
  ended.signaled = code == CLD_EXITED ? 0 : 1;
  ended.status = status;
  const auto sent = SendFrame(channel_, AsFrame(ended), {});
  if (!sent && sent.error().number == EAGAIN) return false;
  instances_.erase(instance);
  if (!sent) open_ = false;
  return true;
}

}  // namespace postern::sandbox
