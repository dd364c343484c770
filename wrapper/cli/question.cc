// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/question.h"

#include <algorithm>

#include "policy/base/diagnostic.h"
#include "policy/base/text.h"
#include "policy/decision/identity_question.h"
#include "policy/hosts/request.h"

namespace postern::cli {
namespace {

using Status = std::expected<void, std::string>;

constexpr Field kFields[] = {
    {"daemon", "NAME", "ask the hosts files about this daemon"},
    {"service", "ID", "ask this service's rules, then the hosts files under its daemon name"},
    {"client_addr", "ADDRESS", "the client's address, or \"unknown\""},
    {"client_name", "NAME", "the client's confirmed name, \"unknown\" or \"paranoid\""},
    {"user", "NAME", "the client's user"},
    {"server_addr", "ADDRESS", "the address the client connected to"},
    {"server_name", "NAME", "the name of that address"},
    {"server_port", "NUMBER", "the port the client connected to"},
    {"proxy_addr", "ADDRESS", "the proxy that names the client, where proxy_protocol = require"},
    {"at", "TIME", "when, for access_times: HH:MM, or as ISO 8601 writes it"},
    {"client_cert", "NAME,...", "names of the client's verified certificate, for tls_only_from"},
};

std::string Refusal(std::string_view key, std::string_view value, std::string_view why) {
  return std::string(key) + ": \"" + policy::EscapeText(value) + "\" " + std::string(why);
}

// The zone of an address of limited scope names an interface, not an address (RFC 4007).
std::optional<policy::IpAddress> ParseAddress(std::string_view text) {
  return policy::IpAddress::Parse(text.substr(0, text.find('%')));
}

template <std::optional<std::string> Question::* kMember>
Status SetText(Question& question, std::string_view /*key*/, std::string_view value) {
  question.*kMember = value;
  return {};
}

template <std::optional<std::string> Question::* kMember>
Status SetAddress(Question& question, std::string_view key, std::string_view value) {
  if (!value.empty() && value != policy::hosts::kUnknown && !ParseAddress(value)) {
    return std::unexpected(Refusal(key, value, "is not an address"));
  }
  question.*kMember = value;
  return {};
}

Status SetPort(Question& question, std::string_view key, std::string_view value) {
  const auto port = policy::ParseUnsigned(value, 65535);
  if (!port) return std::unexpected(Refusal(key, value, "is not a port number"));
  question.server_port = static_cast<std::uint16_t>(*port);
  return {};
}

Status SetTime(Question& question, std::string_view key, std::string_view value) {
  question.at = ParseTime(value);
  if (!question.at) {
    return std::unexpected(Refusal(key, value, "is not a time: HH:MM or 2026-01-31T08:30"));
  }
  return {};
}

Status SetCertificate(Question& question, std::string_view key, std::string_view value) {
  question.client_cert = policy::ParseIdentity(value);
  if (question.client_cert) return {};
  return std::unexpected(Refusal(key, value, "is not a list of names of a certificate"));
}

// Beside kFields, row for row.
using Setter = Status (*)(Question&, std::string_view key, std::string_view value);
constexpr Setter kSetters[] = {
    &SetText<&Question::daemon>,
    &SetText<&Question::service>,
    &SetAddress<&Question::client_addr>,
    &SetText<&Question::client_name>,
    &SetText<&Question::user>,
    &SetAddress<&Question::server_addr>,
    &SetText<&Question::server_name>,
    &SetPort,
    &SetAddress<&Question::proxy_addr>,
    &SetTime,
    &SetCertificate,
};
static_assert(std::size(kFields) == std::size(kSetters));

// Digits of exactly this many places.
std::optional<unsigned> Places(std::string_view text, std::size_t at, std::size_t count,
                               unsigned most) {
  if (text.size() < at + count || !policy::IsAllDigits(text.substr(at, count))) return std::nullopt;
  const auto number = policy::ParseUnsigned(text.substr(at, count), most);
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

bool IsDate(std::string_view text) {
  const auto month = Places(text, 5, 2, 12);
  const auto day = Places(text, 8, 2, 31);
  return text.size() == 10 && Places(text, 0, 4, 9999) && text[4] == '-' && text[7] == '-' &&
         month.value_or(0) > 0 && day.value_or(0) > 0;
}

// What may stand behind the minutes: seconds, their fraction, a zone.
bool IsRestOfTime(std::string_view text) {
  if (text.starts_with(':')) {
    if (!Places(text, 1, 2, 60)) return false;
    text.remove_prefix(3);
    if (text.starts_with('.')) {
      const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
      if (end == 1) return false;
      text.remove_prefix(end);
    }
  }
  if (text.empty() || text == "Z") return true;
  if (text[0] != '+' && text[0] != '-') return false;
  const std::string_view zone = text.substr(1);
  const bool colon = zone.size() == 5 && zone[2] == ':';
  return (colon || zone.size() == 4) && Places(zone, 0, 2, 23) &&
         Places(zone, colon ? 3 : 2, 2, 59);
}

}  // namespace

std::optional<policy::IpAddress> Question::Peer() const {
  return client_addr ? ParseAddress(*client_addr) : std::nullopt;
}

std::optional<policy::IpAddress> Question::Proxy() const {
  return proxy_addr ? ParseAddress(*proxy_addr) : std::nullopt;
}

std::span<const Field> Fields() { return kFields; }

std::optional<std::size_t> FieldIndex(std::string_view key) {
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    if (key == kFields[i].key) return i;
  }
  return std::nullopt;
}

Status SetField(Question& question, std::string_view key, std::string_view value) {
  const auto index = FieldIndex(key);
  if (!index) return std::unexpected("unknown key \"" + policy::EscapeText(key) + "\"");
  return kSetters[*index](question, key, value);
}

std::optional<policy::MinuteOfDay> ParseTime(std::string_view text) {
  bool dated = false;
  if (text.size() > 11 && (text[10] == 'T' || text[10] == ' ')) {
    if (!IsDate(text.substr(0, 10))) return std::nullopt;
    text.remove_prefix(11);
    dated = true;
  }
  const std::size_t hour_places = !dated && text.find(':') == 1 ? 1 : 2;
  const auto hour = Places(text, 0, hour_places, 23);
  const auto minute = Places(text, hour_places + 1, 2, 59);
  if (!hour || !minute || text[hour_places] != ':') return std::nullopt;
  const std::string_view rest = text.substr(hour_places + 3);
  if (dated ? !IsRestOfTime(rest) : !rest.empty()) return std::nullopt;
  return policy::MinuteOfDay{static_cast<std::uint16_t>(*hour * 60 + *minute)};
}

}  // namespace postern::cli
