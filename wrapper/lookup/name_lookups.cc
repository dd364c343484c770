// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/name_lookups.h"

#include <algorithm>
#include <utility>

#include "policy/address/numbers_and_dots.h"
#include "policy/hosts/request.h"
#include "policy/names/name_rules.h"

namespace postern::wrapper {

namespace dns = sandbox::dns;
using policy::DnsType;
using policy::IpAddress;
using policy::NameStanding;

namespace {

NameFinding FindingOf(NameStanding standing) {
  switch (standing) {
    case NameStanding::kConfirmed:
      return NameFinding::kConfirmed;
    case NameStanding::kNumeric:
      return NameFinding::kNumeric;
    case NameStanding::kNoForward:
      return NameFinding::kNoForward;
    case NameStanding::kOtherName:
      return NameFinding::kOtherName;
    case NameStanding::kOtherAddress:
      return NameFinding::kOtherAddress;
  }
  return NameFinding::kFailed;
}

bool IsNumeric(const std::string& name) {
  return policy::ParseNumbersAndDots(name).has_value() || IpAddress::Parse(name).has_value();
}

// Its name would have to be asked for on one network of several.
bool IsLinkLocal(const IpAddress& address) {
  return !address.is_v4() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0x80;
}

std::vector<std::string> ServerTexts(const policy::ResolverSettings& resolver, std::uint16_t port) {
  std::vector<std::string> texts;
  for (const IpAddress& server : resolver.servers) {
    const std::string text = server.ToString();
    texts.push_back((server.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port));
  }
  return texts;
}

}  // namespace

dns::Transport::Settings NameLookups::HowToAsk(const policy::ResolverSettings& resolver,
                                               std::uint16_t port) {
  return {.servers = ServerTexts(resolver, port),
          .timeout = resolver.timeout,
          .attempts = resolver.attempts,
          .rotate = resolver.rotate,
          .use_tcp = resolver.use_tcp};
}

NameLookups::NameLookups(std::unique_ptr<dns::Transport> transport, NameFiles files, Clock clock,
                         std::uint16_t port)
    : files_(std::move(files)),
      clock_(std::move(clock)),
      port_(port),
      transport_(std::move(transport)) {}

NameLookups::~NameLookups() {
  for (auto& [address, pending] : pending_) pending.waiting.clear();
}

void NameLookups::Ask(const IpAddress& address, Done done) {
  if (const NameResult* known = cache_.Find(address, clock_())) {
    const NameResult result = *known;
    return done(result);
  }
  const auto found = pending_.find(address);
  if (found != pending_.end()) {
    found->second.waiting.push_back(std::move(done));
    return;
  }
  if (pending_.size() >= kMostInFlight) return done({NameFinding::kFailed, {}});
  pending_[address].waiting.push_back(std::move(done));
  IsLinkLocal(address) ? Finish(address, NameFinding::kNone) : Step(address);
}

// The address by value: what it is a part of may go meanwhile.
void NameLookups::Step(IpAddress address) {
  for (;;) {
    Pending& pending = pending_.at(address);
    const auto& order = files_.sources.order;
    if (pending.source >= order.size()) {
      return Finish(address, pending.forward ? NameFinding::kNoForward : NameFinding::kNone);
    }
    if (order[pending.source] == policy::NameSource::kDns) return StepDns(address, pending);
    if (StepFiles(address, pending)) return;
    ++pending.source;
  }
}

bool NameLookups::StepFiles(const IpAddress& address, Pending& pending) {
  if (!pending.forward) {
    const std::string* name = files_.hosts.NameOf(address);
    if (name == nullptr) return false;
    OnName(address, *name);
    return true;
  }
  const auto found = files_.hosts.AddressesOf(pending.name, address.is_v4());
  if (!found) return false;
  OnForward(address, *found);
  return true;
}

void NameLookups::StepDns(const IpAddress& address, const Pending& pending) {
  if (servers_due_) {
    held_.push_back(address);
    return;
  }
  const DnsType type = !pending.forward  ? DnsType::kName
                       : address.is_v4() ? DnsType::kA
                                         : DnsType::kAaaa;
  const std::string question = pending.forward ? pending.name : policy::ReverseQuestion(address);
  transport_->Ask(question, static_cast<std::uint16_t>(type),
                  [this, address](dns::Outcome outcome, Message message) {
                    OnReply(address, outcome, message);
                  });
}

void NameLookups::OnReply(const IpAddress& address, dns::Outcome outcome, Message message) {
  Pending& pending = pending_.at(address);
  const auto records =
      outcome == dns::Outcome::kAnswered ? policy::ParseDnsAnswers(message) : std::nullopt;
  if (outcome != dns::Outcome::kNoSuch && !records) return Finish(address, NameFinding::kFailed);
  if (records && !pending.forward) {
    const auto found = policy::NameIn(*records, policy::ReverseQuestion(address));
    if (!found.name.empty()) {
      pending.lifetime = std::min(pending.lifetime, found.lifetime);
      return OnName(address, found.name);
    }
  }
  if (records && pending.forward) {
    auto found =
        policy::AddressesIn(*records, pending.name, address.is_v4() ? DnsType::kA : DnsType::kAaaa);
    if (!found.addresses.empty()) {
      pending.lifetime = std::min(pending.lifetime, found.lifetime);
      return OnForward(address, {std::move(found.canonical_name), std::move(found.addresses)});
    }
  }
  pending.lifetime = std::min(pending.lifetime, kNoNameLife);
  ++pending.source;
  Step(address);
}

void NameLookups::OnName(const IpAddress& address, std::string name) {
  if (!policy::IsPlainHostName(name)) return Finish(address, NameFinding::kNone);
  if (IsNumeric(name)) return Finish(address, NameFinding::kNumeric);
  // tcp_wrappers keeps no more of it, and cannot confirm what it has cut.
  if (name.size() > policy::hosts::kMaxValue) return Finish(address, NameFinding::kNoForward);
  Pending& pending = pending_.at(address);
  pending.name = std::move(name);
  pending.forward = true;
  pending.source = 0;
  Step(address);
}

void NameLookups::OnForward(const IpAddress& address, const policy::HostAddresses& found) {
  const bool points_back = std::ranges::find(found.addresses, address) != found.addresses.end();
  Finish(address, FindingOf(policy::JudgeName(pending_.at(address).name, /*is_numeric=*/false,
                                              {true, found.canonical_name, points_back})));
}

void NameLookups::Finish(IpAddress address, NameFinding finding) {
  const auto found = pending_.extract(address);
  const Pending& pending = found.mapped();
  NameResult result{finding, finding == NameFinding::kConfirmed ? pending.name : std::string()};
  if (finding != NameFinding::kFailed) cache_.Put(address, result, pending.lifetime, clock_());
  for (const Done& done : pending.waiting) done(result);
}

void NameLookups::UseFiles(NameFiles files) {
  servers_due_ = servers_due_ || files.resolver.servers != files_.resolver.servers;
  files_ = std::move(files);
  cache_.Clear();
  // A source that is asked already answers for itself; the ones behind it may be others.
  ChangeServers();
}

void NameLookups::OnReady() {
  transport_->OnReady();
  ChangeServers();
}

// Not while the transport answers.
void NameLookups::ChangeServers() {
  if (!servers_due_ || transport_->in_flight() != 0) return;
  servers_due_ = false;
  const auto set = transport_->SetServers(ServerTexts(files_.resolver, port_));
  std::deque<IpAddress> held = std::move(held_);
  held_.clear();
  for (const IpAddress& address : held) {
    set ? Step(address) : Finish(address, NameFinding::kFailed);
  }
}

}  // namespace postern::wrapper
