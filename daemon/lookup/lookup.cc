// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookup/lookup.h"

#include <algorithm>
#include <cerrno>

#include "daemon/lookup/resolver_files.h"
#include "daemon/wire_address.h"
#include "sandbox/channel.h"
#include "sandbox/sys/wait.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using wrapper::IdentEnd;
using wrapper::NameFinding;

namespace {

// Questions are numbered from 1, and posternd never counts so far.
constexpr std::uint64_t kNamesToken = ~std::uint64_t{0};
constexpr int kFramesPerTurn = 64;

WireName WireNameOf(NameFinding finding) {
  switch (finding) {
    case NameFinding::kConfirmed:
      return WireName::kConfirmed;
    case NameFinding::kNumeric:
      return WireName::kNumeric;
    case NameFinding::kNoForward:
      return WireName::kNoForward;
    case NameFinding::kOtherName:
      return WireName::kOtherName;
    case NameFinding::kOtherAddress:
      return WireName::kOtherAddress;
    case NameFinding::kNone:
      return WireName::kNone;
    case NameFinding::kFailed:
      break;
  }
  return WireName::kFailed;
}

WireUser WireUserOf(IdentEnd end) {
  switch (end) {
    case IdentEnd::kUser:
      return WireUser::kUser;
    case IdentEnd::kNoServer:
      return WireUser::kNoServer;
    case IdentEnd::kSystem:
      return WireUser::kSystem;
    case IdentEnd::kLost:
      return WireUser::kLost;
    case IdentEnd::kBadReply:
      return WireUser::kBadReply;
    case IdentEnd::kTimeout:
      break;
  }
  return WireUser::kTimeout;
}

template <std::size_t kSize>
std::uint32_t Fill(std::array<char, kSize>& bytes, std::string_view text) {
  text = text.substr(0, kSize - 1);
  std::ranges::copy(text, bytes.begin());
  return static_cast<std::uint32_t>(text.size());
}

// The first question, for which there is no loop yet.
sys::Result<sandbox::ReceivedFrame> AwaitFrame(const sys::UniqueFd& channel,
                                               std::span<std::byte> buffer) {
  const sys::Deadline patience(std::chrono::hours(1));
  for (;;) {
    auto received = sandbox::ReceiveFrame(channel, buffer);
    if (received || received.error().number != EAGAIN) return received;
    TRY_STATUS(sys::AwaitReadable(channel, patience));
  }
}

}  // namespace

Lookup::Lookup(HelperChannel channel, const LookupPorts& ports)
    : channel_(std::move(channel)), ports_(ports), now_(sys::BootTime()) {}

sys::Result<std::unique_ptr<Lookup>> Lookup::Make(sys::UniqueFd channel, const LookupPorts& ports) {
  alignas(8) std::byte buffer[kMaxFrame];
  TRY(sandbox::ReceivedFrame first, AwaitFrame(channel, buffer));
  if (first.length == 0) return std::unexpected(sys::Error{"recvmsg", EPIPE, {}});
  TRY(HelperChannel made, HelperChannel::Make(std::move(channel)));
  std::unique_ptr<Lookup> lookup(new Lookup(std::move(made), ports));
  AskFiles ask;
  if (!ReadFrame(std::span(buffer).first(first.length), ask) ||
      !Valid(ask, first.descriptor_count)) {
    return std::unexpected(sys::Error{"recvmsg", EBADMSG, {}});
  }
  wrapper::NameFiles files =
      ReadResolverFiles(ask.present, std::span(first.descriptors).first(first.descriptor_count));
  TRY(auto transport,
      sandbox::dns::Transport::Make(wrapper::NameLookups::HowToAsk(files.resolver, ports.dns)));
  TRY_STATUS(lookup->channel_.poller().Add(transport->descriptor(), sys::kReadable, kNamesToken));
  lookup->channel_.Answer(AnswerReady{});
  lookup->names_ = std::make_unique<wrapper::NameLookups>(std::move(transport), std::move(files),
                                                          sys::BootTime, ports.dns);
  return lookup;
}

Lookup::State Lookup::Run() {
  while (Turn(std::chrono::milliseconds(-1)) == State::kRunning) {
  }
  return channel_.state();
}

Lookup::State Lookup::Turn(std::chrono::milliseconds longest_wait) {
  const auto events = channel_.Wait(NextWait(longest_wait));
  now_ = sys::BootTime();
  for (const sys::Event& event : events) {
    if (channel_.running()) Handle(event);
  }
  if (!channel_.running()) return channel_.state();
  names_->OnReady();
  ExpireDeadlines();
  return channel_.state();
}

void Lookup::Handle(const sys::Event& event) {
  if (event.token == kNamesToken) return;  // their turn comes in each turn
  event.token == HelperChannel::kToken ? ReadAsked() : StepUser(event.token);
}

void Lookup::ReadAsked() {
  for (int left = kFramesPerTurn; left > 0; --left) {
    auto asked = channel_.Next();
    if (!asked) return;
    if (!Dispatch(asked->frame, asked->descriptors())) channel_.End(State::kGarbage);
  }
}

bool Lookup::Dispatch(std::span<const std::byte> frame, Descriptors descriptors) {
  AskFiles files;
  if (ReadFrame(frame, files)) return OnFiles(files, descriptors);
  if (!descriptors.empty()) return false;
  AskName name;
  AskUser user;
  if (ReadFrame(frame, name)) return Valid(name) && OnName(name);
  if (ReadFrame(frame, user)) return Valid(user) && OnUser(user);
  return false;
}

bool Lookup::OnFiles(const AskFiles& ask, Descriptors descriptors) {
  if (!Valid(ask, descriptors.size())) return false;
  names_->UseFiles(ReadResolverFiles(ask.present, descriptors));
  return true;
}

bool Lookup::Begin(SessionId question, std::uint32_t milliseconds) {
  const bool free = question != HelperChannel::kToken && question != kNamesToken;
  if (!free || deadlines_.contains(question)) return false;
  deadlines_.Set(question, now_ + std::chrono::milliseconds(milliseconds));
  return true;
}

bool Lookup::Over(SessionId question) {
  if (!deadlines_.contains(question)) return false;
  deadlines_.Set(question, std::nullopt);
  return true;
}

bool Lookup::OnName(const AskName& ask) {
  const SessionId question = ask.header.session;
  if (!Begin(question, ask.milliseconds)) return false;
  names_->Ask(EndpointOf(ask.address).address,
              [this, question](const wrapper::NameResult& result) { TellName(question, result); });
  return true;
}

void Lookup::TellName(SessionId question, const wrapper::NameResult& result) {
  if (!Over(question)) return;
  AnswerName answer;
  answer.header.session = question;
  answer.outcome = WireNameOf(result.finding);
  answer.length = Fill(answer.name, result.name);
  channel_.Answer(answer);
}

bool Lookup::OnUser(const AskUser& ask) {
  const SessionId question = ask.header.session;
  if (!Begin(question, ask.milliseconds)) return false;
  if (users_.size() >= kMostUsers) {
    TellUser(question, nullptr, WireUser::kSystem);
    return true;
  }
  wrapper::IdentQuery query(SocketAddressOf(ask.client), SocketAddressOf(ask.server), ports_.ident);
  auto& user = users_.emplace(question, UserQuestion{std::move(query), 0}).first->second;
  if (!user.query.over() && WatchUser(question, user)) return true;
  TellUser(question, &user.query, WireUser::kSystem);
  return true;
}

bool Lookup::WatchUser(SessionId question, UserQuestion& user) {
  const std::uint32_t wanted = user.query.interest();
  if (wanted == user.interest) return true;
  const auto watched = user.interest == 0
                           ? channel_.poller().Add(user.query.socket(), wanted, question)
                           : channel_.poller().Change(user.query.socket(), wanted, question);
  user.interest = wanted;
  return watched.has_value();
}

void Lookup::StepUser(SessionId question) {
  const auto found = users_.find(question);
  if (found == users_.end()) return;  // ended by an earlier event of this turn
  found->second.query.OnReady();
  if (!found->second.query.over() && WatchUser(question, found->second)) return;
  TellUser(question, &found->second.query, WireUser::kSystem);
}

// The socket goes with the question, and its registration with the socket.
void Lookup::TellUser(SessionId question, const wrapper::IdentQuery* query, WireUser outcome) {
  if (!Over(question)) return;
  AnswerUser answer;
  answer.header.session = question;
  answer.outcome = query != nullptr && query->over() ? WireUserOf(query->end()) : outcome;
  if (answer.outcome == WireUser::kUser) {
    answer.system_length = Fill(answer.system, query->user().system);
    answer.text_length = Fill(answer.text, query->user().text);
  }
  channel_.Answer(answer);
  users_.erase(question);
}

void Lookup::ExpireDeadlines() {
  while (const auto question = deadlines_.Due(now_)) {
    if (users_.contains(*question)) {
      TellUser(*question, nullptr, WireUser::kTimeout);
    } else {
      TellName(*question, {});
    }
  }
}

std::chrono::milliseconds Lookup::NextWait(std::chrono::milliseconds longest) const {
  const auto wait = WaitFor(deadlines_.first(), longest);
  const auto names = names_->Wait();
  if (!names) return wait;
  return wait.count() < 0 ? *names : std::min(*names, wait);
}

}  // namespace postern::daemon
