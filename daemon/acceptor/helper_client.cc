// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/helper_client.h"

#include <algorithm>
#include <csignal>

#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(10'000);
// A helper that was heard of so long after its start did not fail at the first thing it was asked.
constexpr std::chrono::seconds kProvenLife(60);
// Frames taken in one turn: a talkative helper must not keep the acceptor from accepting.
constexpr int kFramesPerTurn = 64;

}  // namespace

HelperClient::HelperClient(EventLoop& loop, ProgramLog& log, std::string title,
                           std::vector<std::string> command,
                           std::chrono::milliseconds ready_patience)
    : loop_(loop),
      log_(log),
      title_(std::move(title)),
      command_(std::move(command)),
      ready_patience_(ready_patience) {
  channel_.client = death_.client = this;
  channel_.on_ready = &HelperClient::OnChannel;
  death_.on_ready = &HelperClient::OnDeath;
}

HelperClient::~HelperClient() { Stop(); }

void HelperClient::Start(HelperEvents& events) {
  events_ = &events;
  Launch();
}

void HelperClient::Stop() {
  stopped_ = true;
  loop_.Cancel(restart_);
  if (helper_.pidfd) {
    sys::IgnoreError(sys::SignalPidfd(helper_.pidfd, SIGKILL), "it may be dead already");
  }
  loop_.Unwatch(helper_.pidfd, death_watch_);
  DropChannel();
}

void HelperClient::Dismiss() {
  Stop();
  if (!helper_.pidfd) return;
  sys::IgnoreError(sys::AwaitPidfd(helper_.pidfd), "it cannot outlive SIGKILL");
  helper_ = {};
}

void HelperClient::Launch() {
  auto helper = sandbox::StartHelper(command_);
  if (!helper) {
    log_.Error("cannot start " + title_ + ": " + helper.error().ToString());
    ScheduleRestart();
    return;
  }
  helper_ = std::move(*helper);
  started_ = last_heard_ = loop_.now();
  ready_ = false;
  const auto death = loop_.Watch(helper_.pidfd, sys::kReadable, death_);
  const auto frames = loop_.Watch(helper_.channel, sys::kReadable, channel_);
  death_watch_ = death.value_or(0);
  channel_watch_ = frames.value_or(0);
  if (death && frames) {
    ready_deadline_ = loop_.After(ready_patience_, [this] { Condemn("it does not get ready"); });
    return events_->OnHelperStarted();
  }
  Condemn("it cannot be watched");
  if (!death) {
    // Nobody will tell of its death; killed, it is gone in a moment, and this is rare enough to
    // wait.
    sys::IgnoreError(sys::AwaitPidfd(helper_.pidfd), "it cannot outlive SIGKILL");
    helper_ = {};
    ScheduleRestart();
  }
}

void HelperClient::ScheduleRestart() {
  if (stopped_ || restart_ != 0) return;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  restart_ = loop_.After(pause_, [this] {
    restart_ = 0;
    Launch();
  });
}

// Ends the conversation and tells what was lost with it. The process is reaped in OnDeath.
void HelperClient::DropChannel() {
  if (!helper_.channel) return;
  loop_.Cancel(ready_deadline_);
  loop_.Unwatch(helper_.channel, channel_watch_);
  helper_.channel.Reset();
  queue_.clear();
  if (events_ != nullptr && !stopped_) events_->OnHelperLost();
}

void HelperClient::Condemn(const std::string& why) {
  if (!helper_.channel) return;
  log_.Critical(title_ + " (pid " + std::to_string(helper_.pid) + ") is killed: " + why);
  sys::IgnoreError(sys::SignalPidfd(helper_.pidfd, SIGKILL), "it may be dead already");
  DropChannel();
}

void HelperClient::OnDeath(std::uint32_t /*ready*/) {
  const auto exit = sys::ReapPidfd(helper_.pidfd);
  if (exit && !*exit) return;
  std::string how = "unknown";
  if (exit && (*exit)->signal) how = "signal " + std::to_string(*(*exit)->signal);
  if (exit && (*exit)->status) how = "status " + std::to_string(*(*exit)->status);
  log_.Error(title_ + " (pid " + std::to_string(helper_.pid) + ") ended: " + how);
  loop_.Unwatch(helper_.pidfd, death_watch_);
  DropChannel();
  helper_ = {};
  if (last_heard_ - started_ > kProvenLife) pause_ = {};
  ScheduleRestart();
}

void HelperClient::OnChannel(std::uint32_t ready) {
  if ((ready & sys::kWritable) != 0) FlushQueue();
  if ((ready & ~sys::kWritable) != 0) ReadFrames();
}

void HelperClient::ReadFrames() {
  alignas(8) std::byte buffer[kMaxFrame];
  for (int i = 0; i < kFramesPerTurn && helper_.channel; ++i) {
    auto received = sandbox::ReceiveFrame(helper_.channel, buffer);
    if (!received && received.error().number == EAGAIN) return;
    if (!received) return Condemn(received.error().ToString());
    if (received->length == 0) return Condemn("it closed its channel");
    if (received->descriptor_count != 0 || !Dispatch(std::span(buffer, received->length))) {
      return Condemn("it answered what was not asked");
    }
    last_heard_ = loop_.now();
  }
}

bool HelperClient::Dispatch(std::span<const std::byte> bytes) {
  if (TypeOf(bytes) == FrameType::kAnswerReady) {
    AnswerReady ready;
    if (ready_ || !ReadFrame(bytes, ready)) return false;
    ready_ = true;
    loop_.Cancel(ready_deadline_);
    return true;
  }
  return ready_ && events_->OnHelperFrame(bytes);
}

sys::Status HelperClient::Send(std::span<const std::byte> frame, std::span<const int> descriptors,
                               std::size_t most_queued) {
  if (!helper_.channel) return std::unexpected(sys::Error{"sendmsg", ENOTCONN, command_.front()});
  if (queue_.size() >= most_queued) return std::unexpected(sys::Error{"sendmsg", EAGAIN, {}});
  if (!queue_.empty()) return Enqueue(frame, descriptors);
  auto sent = sandbox::SendFrame(helper_.channel, frame, descriptors);
  const bool busy = !sent && sent.error().number == EAGAIN;
  return busy ? Enqueue(frame, descriptors) : sent;
}

sys::Status HelperClient::Enqueue(std::span<const std::byte> frame,
                                  std::span<const int> descriptors) {
  Queued queued{{frame.begin(), frame.end()}, {}};
  for (const int descriptor : descriptors) {
    queued.descriptors.push_back(sys::UniqueFd::DuplicateOf(descriptor));
    if (!queued.descriptors.back()) return sys::LastError("fcntl", "F_DUPFD_CLOEXEC");
  }
  if (queue_.empty()) {
    TRY_STATUS(loop_.Rewatch(helper_.channel, channel_watch_, sys::kReadable | sys::kWritable));
  }
  queue_.push_back(std::move(queued));
  return {};
}

void HelperClient::FlushQueue() {
  while (!queue_.empty() && helper_.channel) {
    const Queued& next = queue_.front();
    int descriptors[sandbox::kMaxDescriptors];
    for (std::size_t i = 0; i < next.descriptors.size(); ++i) {
      descriptors[i] = next.descriptors[i].get();
    }
    const auto sent = sandbox::SendFrame(helper_.channel, next.frame,
                                         std::span(descriptors, next.descriptors.size()));
    if (!sent && sent.error().number == EAGAIN) return;
    if (!sent) return Condemn(sent.error().ToString());
    queue_.pop_front();
  }
  if (!helper_.channel) return;
  const auto watched = loop_.Rewatch(helper_.channel, channel_watch_, sys::kReadable);
  if (!watched) return Condemn(watched.error().ToString());
  events_->OnHelperIdle();
}

}  // namespace postern::daemon
