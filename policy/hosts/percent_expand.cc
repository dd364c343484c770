// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/percent_expand.h"

#include <optional>
#include <utility>

#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kPunctuation = "!@%-_=+:,./";

bool IsHarmless(char c) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || kPunctuation.find(c) != std::string_view::npos;
}

std::string Filtered(std::string text) {
  for (char& c : text) {
    if (!IsHarmless(c)) c = '_';
  }
  // At the beginning of a command's word it would make an option of what the client says.
  if (text.starts_with('-')) text.front() = '_';
  return text;
}

// Filters the value where it is kept, so that later rules and the log see what the command saw.
const std::string& FilterInPlace(Fact& fact) {
  fact = Fact::Known(Filtered(fact.text()));
  return fact.text();
}

bool IsKnown(const Fact& fact) { return fact.asked() && !EqualsIgnoreCase(fact.text(), kUnknown); }

// The name when it is known without asking, else the address.
template <typename HostLike>
auto& NameOrAddress(HostLike& host) {
  const bool named = IsKnown(host.name) && !EqualsIgnoreCase(host.name.text(), kParanoid);
  return named ? host.name : host.address;
}

std::string PortText(const Host& host) {
  return host.port ? std::to_string(*host.port) : std::string("0");
}

using Value = std::variant<std::string, Needed>;

Value AskedValue(Fact& fact, Needed need) {
  if (!fact.asked()) return need;
  return FilterInPlace(fact);
}

// user@host is put together for this one use, so it is the copy that is filtered.
std::string ClientValue(Request& request) {
  if (IsKnown(request.user)) return Filtered(ClientInfo(request));
  return FilterInPlace(NameOrAddress(request.client));
}

std::string ServerValue(Request& request) {
  const Fact& host = NameOrAddress(request.server);
  if (IsKnown(host)) return Filtered(request.daemon.text() + "@" + host.text());
  return FilterInPlace(request.daemon);
}

// nullopt: the letter means nothing.
std::optional<Value> ValueOf(char letter, Request& request, std::uint32_t process_id) {
  switch (letter) {
    case 'a':
      return FilterInPlace(request.client.address);
    case 'A':
      return FilterInPlace(request.server.address);
    case 'n':
      return AskedValue(request.client.name, Needed::kClientName);
    case 'N':
      return AskedValue(request.server.name, Needed::kServerName);
    case 'h':
      return FilterInPlace(NameOrAddress(request.client));
    case 'H':
      return FilterInPlace(NameOrAddress(request.server));
    case 'u':
      return AskedValue(request.user, Needed::kUser);
    case 'c':
      return ClientValue(request);
    case 's':
      return ServerValue(request);
    case 'd':
      return FilterInPlace(request.daemon);
    case 'p':
      return std::to_string(process_id);
    case 'r':
      return PortText(request.client);
    case 'R':
      return PortText(request.server);
    case '%':
      return std::string("%");
    default:
      return std::nullopt;
  }
}

}  // namespace

std::variant<Expansion, Need, TooLong> PercentExpand(std::string_view text, Request& request,
                                                     std::uint32_t process_id) {
  Expansion expansion;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      expansion.text += text[i];
    } else if (auto value = ValueOf(text[++i], request, process_id); !value) {
      expansion.unrecognized.push_back(text[i]);
    } else if (const Needed* needed = std::get_if<Needed>(&*value)) {
      return Need{*needed, {}, {}};
    } else {
      expansion.text += std::get<std::string>(*value);
    }
    if (expansion.text.size() > kMaxExpansion) return TooLong{};
  }
  return expansion;
}

std::string ClientInfo(const Request& request) {
  const std::string& host = NameOrAddress(request.client).text();
  return IsKnown(request.user) ? request.user.text() + "@" + host : host;
}

}  // namespace postern::policy::hosts
