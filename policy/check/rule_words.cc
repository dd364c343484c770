// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/rule_words.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "policy/address/host_name.h"
#include "policy/base/near_miss.h"
#include "policy/base/text.h"
#include "policy/check/rule_options.h"
#include "policy/check/rule_place.h"

namespace postern::policy::check {
namespace {

using hosts::Rule;
using hosts::TextPattern;

constexpr std::size_t kMaxFindings = 1000;
constexpr std::string_view kWildcards[] = {"ALL", "LOCAL", "KNOWN", "UNKNOWN", "PARANOID"};

bool IsWildcard(std::string_view word) {
  return std::ranges::any_of(
      kWildcards, [word](std::string_view known) { return EqualsIgnoreCase(word, known); });
}

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

bool IsOctet(std::string_view label) {
  return ParseUnsigned(label, 255).has_value() && (label.size() == 1 || label.front() != '0');
}

std::vector<std::string_view> Labels(std::string_view text) {
  std::vector<std::string_view> labels;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    labels.push_back(text.substr(at, dot - at));
    at = dot + 1;
  }
  return labels;
}

bool AreOctets(const std::vector<std::string_view>& labels) {
  return std::ranges::all_of(labels, IsOctet);
}

// "10.0.0.1-20" and "10.0.0.x": what other programs call ranges.
bool LooksLikeRange(std::string_view text) {
  const std::vector<std::string_view> labels = Labels(text);
  if (labels.size() < 3 || !IsAllDigits(labels[0]) || !IsAllDigits(labels[1])) return false;
  return std::ranges::all_of(labels, [](std::string_view label) {
    return !label.empty() && label.find_first_not_of("0123456789-xX") == std::string_view::npos;
  });
}

class Words {
 public:
  Words(const DaemonNames& daemons, const SystemView& system) : daemons_(daemons), files_(system) {}

  void OfRule(const Rule& rule, hosts::Which which) {
    rule_ = &rule;
    for (const auto& segment : rule.daemons) {
      for (const hosts::DaemonToken& token : segment) OfDaemon(token);
    }
    for (const auto& segment : rule.clients) {
      for (const hosts::ClientToken& token : segment) {
        if (token.text.starts_with('#')) return;
        if (const auto* text = std::get_if<TextPattern>(&token.host.meaning)) {
          OfClient(token, *text);
        }
      }
    }
    OfOptions(which);
  }

  bool full() const { return findings_.size() > kMaxFindings; }

  Diagnostics Take() { return std::move(findings_); }

 private:
  void OfDaemon(const hosts::DaemonToken& token);
  void OfClient(const hosts::ClientToken& token, const TextPattern& text);
  void OfNumbers(std::uint32_t column, const TextPattern& text);
  void OfName(std::uint32_t column, const std::string& name);
  void OfOptions(hosts::Which which);

  void Add(Severity severity, const char* code, std::uint32_t column, std::string message,
           std::string fix = {}) {
    Keep(AtWord(*rule_, column, severity, code, std::move(message), std::move(fix)));
  }
  void Keep(Diagnostic finding) {
    if (full()) return;
    if (findings_.size() == kMaxFindings) {
      finding.severity = Severity::kNote;
      finding.code = "too-many-findings";
      finding.message = "further words that mean nothing are left out";
      finding.fix.clear();
    }
    findings_.push_back(std::move(finding));
  }

  const DaemonNames& daemons_;
  OptionFiles files_;
  const Rule* rule_ = nullptr;
  std::set<std::string> told_;  // daemon names, each told once
  Diagnostics findings_;
};

void Words::OfDaemon(const hosts::DaemonToken& token) {
  const auto* text = std::get_if<TextPattern>(&token.daemon);
  if (text == nullptr) return;
  const std::string& name = text->text;
  if (text->kind == TextPattern::Kind::kKnown ||
      (!EqualsIgnoreCase(name, "ALL") && IsWildcard(name))) {
    return Add(Severity::kWarning, "impossible-daemon", token.column,
               name + " is a word for clients; a daemon is named here");
  }
  if (text->kind != TextPattern::Kind::kExact || daemons_.Knows(name)) return;
  if (!told_.insert(text->folded).second) return;
  if (name.contains('/')) {
    return Add(Severity::kError, "impossible-daemon", token.column,
               "a daemon is known by the last part of its path alone, so this never matches",
               std::string(Basename(name)));
  }
  if (name.find_first_of("@\"'(){}<>;=|&$!") != std::string::npos) {
    return Add(Severity::kError, "impossible-daemon", token.column,
               Quote(name) + " is no name of a daemon");
  }
  Add(Severity::kWarning, "unused-daemon", token.column,
      "no service here and no program known for it asks under the name " + Quote(name) +
          daemons_.DidYouMean(name));
}

void Words::OfClient(const hosts::ClientToken& token, const TextPattern& text) {
  // Where the host begins: behind the user and its '@'.
  const auto column =
      token.column + static_cast<std::uint32_t>(token.text.size() - token.host.text.size());
  switch (text.kind) {
    case TextPattern::Kind::kExact:
      if (!token.host.compares_name) return OfNumbers(column, text);
      return OfName(column, text.text);
    case TextPattern::Kind::kPrefix:
      if (!token.host.compares_name) return OfNumbers(column, text);
      if (Labels(text.text).size() > 2) {
        Add(Severity::kWarning, "name-ends-in-dot", column,
            "matches every name that begins like this, whatever domain it is in",
            text.text.substr(0, text.text.size() - 1));
      }
      return;
    case TextPattern::Kind::kSuffix:
      if (!token.host.compares_name) {
        Add(Severity::kWarning, "suffix-of-address", column,
            "matches every address that ends like this, in whatever network");
      }
      return;
    case TextPattern::Kind::kGlob:
    case TextPattern::Kind::kAll:
    case TextPattern::Kind::kKnown:
    case TextPattern::Kind::kIpv6:
      return;
  }
}

// Digits and dots, compared with the text of the address.
void Words::OfNumbers(std::uint32_t column, const TextPattern& text) {
  const bool prefix = text.kind == TextPattern::Kind::kPrefix;
  std::string whole = text.text;
  if (prefix) whole.pop_back();
  const std::vector<std::string_view> labels = Labels(whole);
  const bool octets = AreOctets(labels);
  if (octets && (prefix ? labels.size() < 4 : labels.size() == 4)) return;
  std::string message = "no address is written like this, so it never matches";
  std::string fix;
  if (octets && labels.size() < 4) {
    message = "a part of an address never matches without a dot behind it";
    fix = text.text + ".";
  } else if (octets && labels.size() == 4) {
    message = "a whole address never matches with a dot behind it";
    fix = whole;
  }
  Add(Severity::kError, "impossible-address", column, std::move(message), std::move(fix));
}

void Words::OfName(std::uint32_t column, const std::string& name) {
  if (IsWildcard(name)) return;
  if (LooksLikeRange(name)) {
    return Add(Severity::kError, "impossible-address", column,
               "ranges are not understood, so this never matches",
               "write a network: a.b.c.d/LENGTH, or a prefix that ends in a dot: a.b.c.");
  }
  const bool capitals = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  const std::string_view meant = capitals ? NearMiss(name, kWildcards) : std::string_view();
  if (!meant.empty()) {
    return Add(Severity::kWarning, "misspelt-wildcard", column,
               Quote(name) + " is taken for the name of a host", std::string(meant));
  }
  const HostNameCheck check = CheckHostName(name);
  if (check.problem.empty()) return;
  Add(Severity::kError, "impossible-name", column,
      "no host has such a name, so it never matches: " + check.problem, check.fix);
}

void Words::OfOptions(hosts::Which which) {
  const bool exhausted = files_.exhausted();
  for (Diagnostic& finding : FindOptions(*rule_, which, files_)) Keep(std::move(finding));
  if (exhausted || !files_.exhausted()) return;
  Keep(AtRule(*rule_, Severity::kNote, "analysis-incomplete",
              "the options name more than " + std::to_string(OptionFiles::kMaxFiles) +
                  " files: those of this rule and of the rules behind it were not looked for"));
}

}  // namespace

Diagnostics FindWords(const hosts::Table& table, const DaemonNames& daemons,
                      const SystemView& system) {
  Words words(daemons, system);
  for (const Rule& rule : table.rules) {
    if (words.full()) break;
    words.OfRule(rule, table.which);
  }
  return words.Take();
}

}  // namespace postern::policy::check
