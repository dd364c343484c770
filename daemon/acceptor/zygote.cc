// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/zygote.h"

#include <algorithm>
#include <csignal>
#include <limits>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/zygote/start_zygote.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Frames taken in one turn: a busy service must not keep the acceptor from accepting.
constexpr int kFramesPerTurn = 64;
constexpr std::size_t kMaxQueued = 4096;

}  // namespace

Zygote::Zygote(EventLoop& loop, ProgramLog& log, InstanceEvents& events,
               std::shared_ptr<const sandbox::Profile> profile, std::function<void()> over)
    : loop_(loop),
      log_(log),
      events_(events),
      profile_(std::move(profile)),
      over_(std::move(over)),
      leftovers_(loop, log, profile_->service, *this) {
  channel_.zygote = death_.zygote = this;
  channel_.on_ready = &Zygote::OnChannel;
  death_.on_ready = &Zygote::OnDeath;
}

Zygote::~Zygote() {
  loop_.Cancel(ready_deadline_);
  loop_.Cancel(answer_timer_);
  loop_.Unwatch(helper_.channel, channel_watch_);
  loop_.Unwatch(helper_.pidfd, death_watch_);
}

sys::Status Zygote::Start(const std::string& program, const sys::UniqueFd& record) {
  TRY(helper_, sandbox::StartZygote(program, *profile_, record));
  if (const auto watched = Watch(); !watched) {
    loop_.Unwatch(helper_.channel, channel_watch_);
    // It has done nothing yet; killed, it is gone in a moment, and this is rare enough to wait.
    sandbox::EndZygote(helper_);
    return watched;
  }
  ready_deadline_ = loop_.After(kReadyPatience, [this] { Condemn("it does not get ready"); });
  return {};
}

sys::Status Zygote::Watch() {
  TRY(channel_watch_, loop_.Watch(helper_.channel, sys::kReadable, channel_));
  TRY(death_watch_, loop_.Watch(helper_.pidfd, sys::kReadable, death_));
  return {};
}

sys::Status Zygote::Ask(Launch& launch) {
  std::size_t length = 0;
  for (const std::string& word : launch.words) length += word.size() + 1;
  if (length > sandbox::kMaxLaunchWords) {
    return std::unexpected(sys::Error{"sendmsg", E2BIG, "environment"});
  }
  if (!open()) return std::unexpected(sys::Error{"sendmsg", ENOTCONN, "postern-zygote"});
  if (ready_ && queue_.empty() && !when_quiet_ && !to_begin_) {
    auto sent = Send(launch);
    if (sent || sent.error().number != EAGAIN) return sent;
    SetWritable(true);
  }
  if (queue_.size() >= kMaxQueued) return std::unexpected(sys::Error{"sendmsg", EAGAIN, {}});
  queue_.push_back(std::move(launch));
  return {};
}

sys::Status Zygote::Send(Launch& launch) {
  sandbox::AskLaunch ask;
  ask.header.id = launch.id;
  ask.program = launch.program;
  ask.has_umask = launch.umask ? 1 : 0;
  ask.umask = launch.umask.value_or(0);
  ask.has_priority = launch.priority ? 1 : 0;
  ask.priority = launch.priority.value_or(0);
  ask.replaces = launch.replaces ? 1 : 0;
  for (const std::string& word : launch.words) {
    word.copy(ask.words.data() + ask.length, word.size());
    ask.length += static_cast<std::uint32_t>(word.size()) + 1;
  }
  const int handed_over[] = {launch.connection.get()};
  TRY_STATUS(sandbox::SendFrame(helper_.channel, sandbox::AsFrame(ask), handed_over));
  running_.emplace(launch.id, Instance{.lifetime = launch.lifetime});
  launch.connection.Reset();
  WatchAnswers();
  to_begin_ = launch.id;
  Begin();
  return {};
}

void Zygote::Begin() {
  sandbox::AskBegin begin;
  begin.header.id = *to_begin_;
  const auto sent = sandbox::SendFrame(helper_.channel, sandbox::AsFrame(begin), {});
  if (!sent && sent.error().number == EAGAIN) return SetWritable(true);
  // Any other failure is a zygote that has died, which is told next.
  to_begin_.reset();
}

// One timer for all of them, which is left to run: a launch must not cost one.
void Zygote::WatchAnswers() {
  if (unanswered_++ == 0) last_answer_ = loop_.now();
  if (answer_timer_ != 0) return;
  answer_timer_ = loop_.After(kAnswerPatience, [this] { CheckAnswers(); });
}

void Zygote::CheckAnswers() {
  answer_timer_ = 0;
  if (unanswered_ == 0 || !open()) return;
  const auto left = last_answer_ + kAnswerPatience - loop_.now();
  if (left.count() <= 0) return Condemn("it does not answer");
  answer_timer_ =
      loop_.After(std::chrono::ceil<std::chrono::milliseconds>(left), [this] { CheckAnswers(); });
}

void Zygote::Answered(State state) {
  if (state != State::kAsked) return;
  --unanswered_;
  last_answer_ = loop_.now();
}

void Zygote::OnChannel(std::uint32_t ready) {
  if ((ready & sys::kWritable) != 0) Flush();
  if ((ready & ~sys::kWritable) != 0) ReadFrames(kFramesPerTurn);
}

void Zygote::Flush() {
  if (to_begin_) Begin();
  while (!queue_.empty() && open() && !when_quiet_ && !to_begin_) {
    const auto sent = Send(queue_.front());
    if (!sent && sent.error().number == EAGAIN) return SetWritable(true);
    if (!sent && sandbox::PeerIsGone(sent.error())) return;  // told next
    if (!sent) events_.OnInstanceLost(queue_.front().id, sent.error().ToString());
    queue_.pop_front();
  }
  if (open() && !to_begin_) SetWritable(false);
}

void Zygote::SetWritable(bool wanted) {
  if (writable_wanted_ == wanted) return;
  const auto watched = loop_.Rewatch(helper_.channel, channel_watch_,
                                     wanted ? sys::kReadable | sys::kWritable : sys::kReadable);
  if (!watched) return Condemn(watched.error().ToString());
  writable_wanted_ = wanted;
}

void Zygote::ReadFrames(int most) {
  alignas(8) std::byte buffer[sandbox::kMaxZygoteFrame];
  for (int i = 0; i < most && open(); ++i) {
    auto received = sandbox::ReceiveFrame(helper_.channel, buffer);
    if (!received && received.error().number == EAGAIN) return;
    if (!received) return Condemn(received.error().ToString());
    if (received->length == 0) return Close();  // it exits, or was killed: OnDeath tells how
    if (received->descriptor_count != 0 ||
        !Dispatch(std::span(buffer, received->length), received->sender)) {
      return Condemn("it answered what was not asked");
    }
    ActIfQuiet();
  }
}

bool Zygote::Dispatch(std::span<const std::byte> bytes, pid_t sender) {
  sandbox::AnswerReady ready;
  sandbox::AnswerRefused refused;
  sandbox::AnswerStarted started;
  sandbox::AnswerFailed failed;
  sandbox::AnswerEnded ended;
  sandbox::AnswerUnlisted unlisted;
  if (ReadFrame(bytes, ready)) return OnReadyAnswer(ready, sender);
  if (ReadFrame(bytes, refused)) return OnRefused(refused);
  if (!ready_) return false;
  if (ReadFrame(bytes, started)) return OnStarted(started, sender);
  if (ReadFrame(bytes, failed)) return OnFailed(failed);
  if (ReadFrame(bytes, ended)) return OnEnded(ended);
  if (ReadFrame(bytes, unlisted)) return OnUnlisted(unlisted);
  return false;
}

bool Zygote::OnReadyAnswer(const sandbox::AnswerReady& answer, pid_t sender) {
  if (ready_ || !answer.text.valid() || sender <= 0) return false;
  ready_ = true;
  sealed_pid_ = sender;
  loop_.Cancel(ready_deadline_);
  if (answer.text.length != 0) {
    log_.Warning(profile_->service +
                 ": the sandbox is weaker than asked for: " + std::string(answer.text.view()));
  }
  Flush();
  return true;
}

// It exits next.
bool Zygote::OnRefused(const sandbox::AnswerRefused& answer) {
  if (ready_ || !answer.text.valid()) return false;
  why_lost_ = "the sandbox cannot be made: " + std::string(answer.text.view());
  return true;
}

bool Zygote::OnStarted(const sandbox::AnswerStarted& answer, pid_t sender) {
  const auto found = running_.find(answer.header.id);
  // Sent by the instance, which is not the zygote.
  if (found == running_.end() || found->second.state != State::kAsked) return false;
  if (sender <= 0 || sender == sealed_pid_) return false;
  Answered(found->second.state);
  found->second.state = State::kStarted;
  found->second.pid = sender;
  found->second.started = loop_.now();
  proven_ = true;
  events_.OnInstanceStarted(answer.header.id, sender);
  return true;
}

bool Zygote::OnFailed(const sandbox::AnswerFailed& answer) {
  const auto found = running_.find(answer.header.id);
  if (found == running_.end() || found->second.state == State::kFailed) return false;
  const auto step = static_cast<sandbox::LaunchStep>(answer.step);
  Answered(found->second.state);
  found->second.state = State::kFailed;
  const bool no_process = step == sandbox::LaunchStep::kClone;
  if (no_process) running_.erase(found);
  events_.OnInstanceFailed(answer.header.id, step, answer.error);
  if (no_process && profile_->once) Retire();
  return true;
}

bool Zygote::OnEnded(const sandbox::AnswerEnded& answer) {
  const auto found = running_.find(answer.header.id);
  if (answer.signaled > 1 || found == running_.end()) return false;
  const Instance ended = found->second;
  Answered(ended.state);
  running_.erase(found);
  if (ended.lifetime && ended.pid != 0) {
    leftovers_.Expect(ended.pid, ended.started + *ended.lifetime);
  }
  sys::Exit how;
  (answer.signaled == 1 ? how.signal : how.status) = answer.status;
  events_.OnInstanceEnded(answer.header.id, how);
  return true;
}

bool Zygote::OnUnlisted(const sandbox::AnswerUnlisted& answer) {
  const sandbox::LaunchId id = answer.header.id;
  if (!profile_->report_unlisted || answer.number > sandbox::filter::kHighestCall) return false;
  if (id != 0 && !running_.contains(id)) return false;
  events_.OnUnlistedCall(*profile_, id, answer.number);
  return true;
}

std::vector<pid_t> Zygote::Programs() const {
  std::vector<pid_t> programs;
  for (const auto& [id, instance] : running_) {
    if (instance.pid != 0) programs.push_back(instance.pid);
  }
  return programs;
}

void Zygote::WhenQuiet(std::function<void()> act) {
  when_quiet_ = std::move(act);
  ActIfQuiet();
}

void Zygote::ActIfQuiet() {
  if (!when_quiet_ || unanswered_ != 0) return;
  std::exchange(when_quiet_, nullptr)();
  Flush();
}

void Zygote::Retire() {
  retired_ = true;
  Close();
}

void Zygote::Close() {
  loop_.Cancel(ready_deadline_);
  loop_.Unwatch(helper_.channel, channel_watch_);
  helper_.channel.Reset();
}

void Zygote::Kill() {
  sys::IgnoreError(sys::SignalPidfd(helper_.pidfd, SIGKILL), "it may be dead already");
}

void Zygote::KillStopped() {
  const auto stopped = sys::IsStopped(helper_.pidfd);
  if (stopped && *stopped) Condemn("somebody has stopped it");
}

void Zygote::Condemn(const std::string& why) {
  log_.Critical(profile_->service + ": its zygote (pid " + std::to_string(helper_.pid) +
                ") is killed: " + why);
  why_lost_ = "its sandbox was given up: " + why;
  Kill();
  Close();
}

void Zygote::OnDeath(std::uint32_t /*ready*/) {
  const auto exit = sys::ReapPidfd(helper_.pidfd);
  if (exit && !*exit) return;
  // What it told before it died is still there to read.
  ReadFrames(std::numeric_limits<int>::max());
  Close();
  loop_.Unwatch(helper_.pidfd, death_watch_);
  std::string how = "unknown";
  if (exit && (*exit)->signal) how = "signal " + std::to_string(*(*exit)->signal);
  if (exit && (*exit)->status) how = "status " + std::to_string(*(*exit)->status);
  // Let go before it was ready, it cannot say that it is.
  const bool unheard = retired_ && !ready_;
  const bool expected = idle() && exit && (unheard || (*exit)->status == 0);
  if (!expected && why_lost_.empty()) why_lost_ = "its zygote ended: " + how;
  // A session that is lost before its program began tells why by itself.
  const bool told = !idle() && std::ranges::none_of(running_, [](const auto& one) {
    return one.second.state != State::kAsked;
  });
  if (!expected && !told) log_.Error(profile_->service + ": " + why_lost_);
  Lose(why_lost_);
  over_told_ = true;
  over_();
}

void Zygote::Lose(const std::string& why) {
  std::deque<Launch> queued = std::exchange(queue_, {});
  Running running = std::exchange(running_, {});
  for (const auto& [id, instance] : running) events_.OnInstanceLost(id, why);
  for (const Launch& launch : queued) events_.OnInstanceLost(launch.id, why);
}

}  // namespace postern::daemon
