// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/lookup_client.h"

#include <algorithm>

#include "daemon/wire_address.h"
#include "policy/names/resolver_files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::IpAddress;

namespace {

// How long a change of the resolver's files may go unnoticed.
constexpr std::chrono::seconds kLookAgain(1);
constexpr std::size_t kLargestSwitch = std::size_t{1} << 20;

}  // namespace

LookupClient::LookupClient(EventLoop& loop, ProgramLog& log, std::vector<std::string> command,
                           ResolverPaths files, std::chrono::milliseconds grace)
    : loop_(loop),
      log_(log),
      files_(std::move(files)),
      grace_(grace),
      helper_(loop, log, "postern-lookup", std::move(command), HelperClient::kReadyPatience) {}

LookupClient::~LookupClient() { Stop(); }

void LookupClient::Stop() {
  stopped_ = true;
  loop_.Cancel(deadline_timer_);
  asked_.clear();
  latest_.clear();
  of_source_.clear();
  helper_.Stop();
}

bool LookupClient::AskName(const Purpose& purpose, const sys::SocketAddress& address,
                           std::chrono::milliseconds deadline) {
  if (!address.is_inet()) return false;
  daemon::AskName frame;
  frame.address = WireAddressOf(address);
  return Ask(frame, /*is_name=*/true, purpose, deadline);
}

bool LookupClient::AskUser(const Purpose& purpose, const sys::SocketAddress& client,
                           const sys::SocketAddress& server, std::chrono::milliseconds deadline) {
  if (!client.is_inet() || !server.is_inet() || client.is_v4() != server.is_v4()) return false;
  daemon::AskUser frame;
  frame.client = WireAddressOf(client);
  frame.server = WireAddressOf(server);
  return Ask(frame, /*is_name=*/false, purpose, deadline);
}

bool LookupClient::HasRoomFor(const IpAddress& source) const {
  if (stopped_ || asked_.size() >= kMostInFlight) return false;
  const auto found = of_source_.find(source);
  return found == of_source_.end() || found->second < kMostOfSource;
}

template <typename Frame>
bool LookupClient::Ask(Frame& frame, bool is_name, const Purpose& purpose,
                       std::chrono::milliseconds deadline) {
  const IpAddress source = purpose.source.Source();
  if (!HasRoomFor(source)) return false;
  if (!std::exchange(started_, true)) {
    helper_.Start(*this);
  } else {
    LookAtFiles();
  }
  const SessionId question = next_question_++;
  frame.header.session = question;
  frame.milliseconds =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(deadline.count(), 1, kLongestLookup));
  if (!helper_.Ask(frame, {})) return false;
  const policy::Instant latest = loop_.now() + deadline + grace_;
  asked_.emplace(question, Asked{is_name, {purpose.asker, purpose.asked_for, source}, latest});
  latest_.emplace(latest, question);
  ++of_source_[source];
  WatchDeadlines();
  return true;
}

std::optional<LookupClient::Purpose> LookupClient::Answered(SessionId question, bool is_name) {
  const auto found = asked_.find(question);
  if (found == asked_.end() || found->second.is_name != is_name) return std::nullopt;
  const Purpose purpose = found->second.purpose;
  latest_.erase({found->second.latest, question});
  const auto source = of_source_.find(purpose.source);
  if (--source->second == 0) of_source_.erase(source);
  asked_.erase(found);
  return purpose;
}

bool LookupClient::OnHelperFrame(std::span<const std::byte> bytes) {
  AnswerName name;
  AnswerUser user;
  const bool is_name = ReadFrame(bytes, name);
  if (!is_name && !ReadFrame(bytes, user)) return false;
  if (is_name ? !Valid(name) : !Valid(user)) return false;
  const auto purpose = Answered(is_name ? name.header.session : user.header.session, is_name);
  if (!purpose) return false;
  is_name ? purpose->asker.OnName(purpose->asked_for, name)
          : purpose->asker.OnUser(purpose->asked_for, user);
  return true;
}

void LookupClient::Tell(SessionId question, bool is_name) {
  const auto purpose = Answered(question, is_name);
  if (!purpose) return;
  is_name ? purpose->asker.OnName(purpose->asked_for, {})
          : purpose->asker.OnUser(purpose->asked_for, {});
}

// Who is told may ask again, in vain, and be told at once.
void LookupClient::OnHelperLost() {
  std::vector<std::pair<SessionId, bool>> lost;
  for (const auto& [question, asked] : asked_) lost.emplace_back(question, asked.is_name);
  std::ranges::sort(lost);
  if (!lost.empty()) {
    log_.Error("postern-lookup was lost with " + std::to_string(lost.size()) +
               " questions; what they were for stays unknown");
  }
  for (const auto& [question, is_name] : lost) Tell(question, is_name);
}

void LookupClient::OnHelperStarted() {
  stamps_ = StampFiles();
  SendFiles();
}

void LookupClient::OnHelperIdle() {}

void LookupClient::WatchDeadlines() {
  if (deadline_timer_ != 0 || latest_.empty()) return;
  const auto left = std::max(latest_.begin()->first - loop_.now(), policy::Instant(0));
  deadline_timer_ = loop_.After(left, [this] {
    deadline_timer_ = 0;
    if (!latest_.empty() && latest_.begin()->first <= loop_.now()) {
      helper_.Condemn("it lets the deadline of a question pass");
    }
    WatchDeadlines();
  });
}

LookupClient::Stamps LookupClient::StampFiles() const {
  Stamps stamps;
  for (const std::string* path : {&files_.hosts, &files_.resolv, &files_.nsswitch}) {
    const auto stamp = sys::StampOf(*path);
    stamps.push_back(stamp ? std::optional(*stamp) : std::nullopt);
    // It may change once more and look the same.
    const bool fresh = stamp && sys::FileClock() - stamp->changed <= sys::FileClockTick();
    if (fresh) stamps.back()->changed = 0;
  }
  return stamps;
}

void LookupClient::LookAtFiles() {
  if (looked_ && loop_.now() - *looked_ < kLookAgain) return;
  looked_ = loop_.now();
  Stamps stamps = StampFiles();
  if (stamps == stamps_) return;
  stamps_ = std::move(stamps);
  SendFiles();
}

void LookupClient::SendFiles() {
  looked_ = loop_.now();
  AskFiles ask;
  std::vector<sys::UniqueFd> files;
  std::vector<int> descriptors;
  std::uint32_t which = kHostsPresent;
  for (const std::string* path : {&files_.hosts, &files_.resolv, &files_.nsswitch}) {
    if (auto file = sys::OpenRegularFile(*path)) {
      ask.present |= which;
      files.push_back(std::move(*file));
      descriptors.push_back(files.back().get());
    }
    which <<= 1;
  }
  const auto text = sys::ReadFile(files_.nsswitch, kLargestSwitch);
  knows_all_sources_ = policy::ParseNameSources(text.value_or("")).whole;
  if (!started_ || !helper_.running()) return;
  if (!helper_.Ask(ask, descriptors)) helper_.Condemn("it does not take the resolver's files");
}

bool LookupClient::KnowsAllSources() {
  if (!looked_) {
    stamps_ = StampFiles();
    SendFiles();
  } else {
    LookAtFiles();
  }
  return knows_all_sources_;
}

}  // namespace postern::daemon
