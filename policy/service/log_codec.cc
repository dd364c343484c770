// SPDX-License-Identifier: BSD-2-Clause
// Where service records go; see log_codec.h.
#include "policy/service/log_codec.h"

#include <algorithm>
#include <utility>

#include "policy/base/syslog_names.h"
#include "policy/service/codec_names.h"
#include "policy/service/scalar_codecs.h"

namespace postern::policy {
namespace {

constexpr std::size_t kKnown =
    std::ranges::count(kSyslogFacilities, true, &SyslogFacilityName::in_xinetd_conf);

consteval Names<int, kKnown> Facilities() {
  Names<int, kKnown> names{};
  std::size_t next = 0;
  for (const SyslogFacilityName& facility : kSyslogFacilities) {
    if (facility.in_xinetd_conf) names[next++] = {facility.name, facility.number};
  }
  return names;
}

consteval Names<int, kSyslogLevels.size()> Levels() {
  Names<int, kSyslogLevels.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = {kSyslogLevels[i].name, kSyslogLevels[i].number};
  }
  return names;
}

constexpr auto kFacilities = Facilities();
constexpr auto kLevels = Levels();

constexpr Names<LogKind, 2> kKinds{{{"SYSLOG", LogKind::kSyslog}, {"FILE", LogKind::kFile}}};

// Without a hard limit xinetd takes the soft one and 1 % of it, at least 5 KiB, at most 20 KiB.
std::uint64_t DefaultHardLimit(std::uint64_t soft) {
  constexpr std::uint64_t kLeast = 5120;
  constexpr std::uint64_t kMost = 20480;
  return soft + std::clamp(soft / 100, kLeast, kMost);
}

Failure WrongCount(const Word& word, const CodecContext& context, std::string form) {
  return Failure(MakeDiagnostic(Severity::kError, "wrong-count", context.assignment.At(word),
                                "expected " + std::move(form)));
}

Result<LogTarget> ParseSyslog(Words words, const CodecContext& context) {
  if (words.size() < 2 || words.size() > 3) {
    return WrongCount(words[0], context, "\"SYSLOG FACILITY [LEVEL]\"");
  }
  LogTarget target;
  target.kind = LogKind::kSyslog;
  const auto facility = EnumCodec<kFacilities>::Parse(words.subspan(1, 1), context);
  if (!facility) return Failure(facility.error());
  target.syslog_facility = *facility;
  if (words.size() == 3) {
    const auto level = EnumCodec<kLevels>::Parse(words.subspan(2, 1), context);
    if (!level) return Failure(level.error());
    target.syslog_level = *level;
  }
  return target;
}

Result<LogTarget> ParseFile(Words words, const CodecContext& context) {
  if (words.size() < 2 || words.size() > 4) {
    return WrongCount(words[0], context, "\"FILE PATH [SOFT [HARD]]\"");
  }
  LogTarget target;
  target.kind = LogKind::kFile;
  const auto path = PathCodec::Parse(words.subspan(1, 1), context);
  if (!path) return Failure(path.error());
  target.file = *path;
  if (words.size() > 2) {
    target.soft_limit = ParseSize(words[2].text);
    if (!target.soft_limit) return context.Expected(words[2], "a soft size limit in bytes");
    target.hard_limit = DefaultHardLimit(*target.soft_limit);
  }
  if (words.size() > 3) {
    target.hard_limit = ParseSize(words[3].text);
    if (!target.hard_limit || *target.hard_limit < *target.soft_limit) {
      return context.Expected(words[3], "a hard size limit not below the soft one");
    }
  }
  return target;
}

}  // namespace

Result<LogTarget> LogTypeCodec::Parse(Words words, const CodecContext& context) {
  const auto kind = EnumCodec<kKinds>::Parse(words.first(1), context);
  if (!kind) return Failure(kind.error());
  return *kind == LogKind::kSyslog ? ParseSyslog(words, context) : ParseFile(words, context);
}

std::optional<int> SyslogFacility(std::string_view name) {
  const auto found = std::find_if(kFacilities.begin(), kFacilities.end(),
                                  [&](const auto& facility) { return facility.name == name; });
  return found == kFacilities.end() ? std::nullopt : std::optional(found->value);
}

std::string LogTypeCodec::Print(const LogTarget& value) {
  if (value.kind == LogKind::kNone) return {};
  if (value.kind == LogKind::kSyslog) {
    return "SYSLOG " + EnumCodec<kFacilities>::Print(value.syslog_facility) + " " +
           EnumCodec<kLevels>::Print(value.syslog_level);
  }
  std::string out = "FILE " + value.file;
  if (value.soft_limit) out += " " + std::to_string(*value.soft_limit);
  if (value.hard_limit) out += " " + std::to_string(*value.hard_limit);
  return out;
}

}  // namespace postern::policy
