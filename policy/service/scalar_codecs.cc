// SPDX-License-Identifier: BSD-2-Clause
// Single values of xinetd.conf; see scalar_codecs.h. Numbers are strict: xinetd would cut a long to
// an int and read "2.5x" as 2.5.
#include "policy/service/scalar_codecs.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace postern::policy {
namespace {

constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view kUnlimited = "UNLIMITED";

std::string PrintLimit(const Limit& limit) {
  return limit ? std::to_string(*limit) : std::string(kUnlimited);
}

// The factor of a size suffix; 1 for none, 0 for an unknown one.
std::uint64_t SizeFactor(char suffix) {
  switch (suffix) {
    case 'k':
    case 'K':
      return std::uint64_t{1} << 10U;
    case 'm':
    case 'M':
      return std::uint64_t{1} << 20U;
    case 'g':
    case 'G':
      return std::uint64_t{1} << 30U;
    default:
      return suffix >= '0' && suffix <= '9' ? 1 : 0;
  }
}

std::string JoinWords(const Strings& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::uint64_t factor = SizeFactor(text.back());
  if (factor == 0) return std::nullopt;
  if (factor != 1) text.remove_suffix(1);
  const auto number = ParseUnsigned(text, std::numeric_limits<std::int64_t>::max() / factor);
  if (!number) return std::nullopt;
  return *number * factor;
}

Result<std::string> TextCodec::Parse(Words words, const CodecContext& /*context*/) {
  return words[0].text;
}
std::string TextCodec::Print(const Value& value) { return value; }

Result<std::string> PathCodec::Parse(Words words, const CodecContext& context) {
  if (!words[0].text.starts_with('/')) {
    return context.Expected(words[0], "an absolute path (the daemon works in \"/\")");
  }
  return words[0].text;
}
std::string PathCodec::Print(const Value& value) { return value; }

Result<WrittenPath> WrittenPathCodec::Parse(Words words, const CodecContext& context) {
  auto path = PathCodec::Parse(words, context);
  if (!path) return Failure(std::move(path.error()));
  return WrittenPath{.path = *std::move(path), .at = context.assignment.At(words[0])};
}
std::string WrittenPathCodec::Print(const Value& value) { return value.path; }

// setuid(2) and chown(2) read the id -1 as "leave it as it is", that is: root.
Result<std::string> AccountCodec::Parse(Words words, const CodecContext& context) {
  const Word& word = words[0];
  if (IsAllDigits(word.text) && !ParseUnsigned(word.text, kMaxU32 - 1)) {
    return context.Expected(word, "a name or an id below 4294967295");
  }
  return word.text;
}
std::string AccountCodec::Print(const Value& value) { return value; }

Result<Limit> CountCodec::Parse(Words words, const CodecContext& context) {
  if (EqualsIgnoreCase(words[0].text, kUnlimited)) return Limit{};
  const auto number = ParseUnsigned(words[0].text, kMaxCount);
  if (!number) return context.Expected(words[0], "a whole number or UNLIMITED");
  return Limit{*number};
}
std::string CountCodec::Print(const Value& value) { return PrintLimit(value); }

Result<Limit> SizeCodec::Parse(Words words, const CodecContext& context) {
  if (EqualsIgnoreCase(words[0].text, kUnlimited)) return Limit{};
  const auto size = ParseSize(words[0].text);
  if (!size) {
    return context.Expected(words[0], "a number of bytes with an optional K, M or G, or UNLIMITED");
  }
  return Limit{*size};
}
std::string SizeCodec::Print(const Value& value) { return PrintLimit(value); }

// xinetd takes 0 for "not set", so that the limit is silently missing.
Result<Limit> NonzeroSizeCodec::Parse(Words words, const CodecContext& context) {
  auto size = SizeCodec::Parse(words, context);
  if (size && *size == Limit{0}) {
    return context.Expected(words[0], "a limit above 0 (to set none, leave the attribute out)");
  }
  return size;
}
std::string NonzeroSizeCodec::Print(const Value& value) { return PrintLimit(value); }

Result<Limit> NonzeroCountCodec::Parse(Words words, const CodecContext& context) {
  auto count = CountCodec::Parse(words, context);
  if (count && *count == Limit{0}) {
    return context.Expected(words[0], "a limit above 0 (to set none, leave the attribute out)");
  }
  return count;
}
std::string NonzeroCountCodec::Print(const Value& value) { return PrintLimit(value); }

Result<std::uint16_t> PortCodec::Parse(Words words, const CodecContext& context) {
  const auto port = ParseUnsigned(words[0].text, std::numeric_limits<std::uint16_t>::max());
  if (!port || *port == 0) return context.Expected(words[0], "a port number from 1 to 65535");
  return static_cast<std::uint16_t>(*port);
}
std::string PortCodec::Print(const Value& value) { return std::to_string(value); }

Result<std::uint32_t> Unsigned32Codec::Parse(Words words, const CodecContext& context) {
  const auto number = ParseUnsigned(words[0].text, kMaxU32);
  if (!number) return context.Expected(words[0], "a whole number");
  return static_cast<std::uint32_t>(*number);
}
std::string Unsigned32Codec::Print(const Value& value) { return std::to_string(value); }

Result<std::uint32_t> OctalCodec::Parse(Words words, const CodecContext& context) {
  const std::string& text = words[0].text;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc{} || end != text.data() + text.size() || value > 0777) {
    return context.Expected(words[0], "an octal number from 0 to 0777");
  }
  return value;
}
std::string OctalCodec::Print(const Value& value) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, 8);
  return "0" + std::string(digits.data(), result.ptr);
}

Result<int> NiceCodec::Parse(Words words, const CodecContext& context) {
  const auto nice = ParseSigned(words[0].text, -20, 19);
  if (!nice) return context.Expected(words[0], "a whole number from -20 to 19");
  return static_cast<int>(*nice);
}
std::string NiceCodec::Print(const Value& value) { return std::to_string(value); }

// proc(5), /proc/PID/oom_score_adj.
Result<int> OomScoreCodec::Parse(Words words, const CodecContext& context) {
  const auto score = ParseSigned(words[0].text, -1000, 1000);
  if (!score) return context.Expected(words[0], "a whole number from -1000 to 1000");
  return static_cast<int>(*score);
}
std::string OomScoreCodec::Print(const Value& value) { return std::to_string(value); }

Result<std::uint32_t> WorkersCodec::Parse(Words words, const CodecContext& context) {
  const auto count = ParseUnsigned(words[0].text, 64);
  if (!count || *count == 0) return context.Expected(words[0], "a whole number from 1 to 64");
  return static_cast<std::uint32_t>(*count);
}
std::string WorkersCodec::Print(const Value& value) { return std::to_string(value); }

// A negative value refuses always, as in xinetd; 0 is refused by xinetd too.
Result<double> LoadCodec::Parse(Words words, const CodecContext& context) {
  const std::string& text = words[0].text;
  double load = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, load, std::chars_format::fixed);
  if (error != std::errc{} || end != last || !std::isfinite(load) ||
      std::fpclassify(load) == FP_ZERO) {
    return context.Expected(words[0], "a load average such as 2.5, not 0");
  }
  return load;
}
std::string LoadCodec::Print(const Value& value) {
  std::array<char, 400> digits{};
  const auto result =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return {digits.data(), result.ptr};
}

Result<ConnectionRate> RateCodec::Parse(Words words, const CodecContext& context) {
  const auto rate = ParseUnsigned(words[0].text, kMaxCount);
  if (!rate)
    return context.Expected(words[0], "a number of connections per second, 0 for no limit");
  const auto wait = ParseUnsigned(words[1].text, kMaxCount);
  if (!wait) return context.Expected(words[1], "a number of seconds to stay closed");
  return ConnectionRate{static_cast<std::uint32_t>(*rate), static_cast<std::uint32_t>(*wait), 1};
}
std::string RateCodec::Print(const Value& value) {
  return std::to_string(value.rate) + " " + std::to_string(value.wait);
}

Result<SourceRate> SourceRateCodec::Parse(Words words, const CodecContext& context) {
  const auto count = ParseUnsigned(words[0].text, kMaxCount);
  if (!count) return context.Expected(words[0], "a number of connections, 0 for no limit");
  const auto seconds = ParseUnsigned(words[1].text, 86400);
  if (!seconds || *seconds == 0) {
    return context.Expected(words[1], "a number of seconds from 1 to 86400");
  }
  return SourceRate{static_cast<std::uint32_t>(*count), static_cast<std::uint32_t>(*seconds)};
}
std::string SourceRateCodec::Print(const Value& value) {
  return std::to_string(value.count) + " " + std::to_string(value.seconds);
}

Result<Minutes> DenyTimeCodec::Parse(Words words, const CodecContext& context) {
  if (EqualsIgnoreCase(words[0].text, "NEVER")) return Minutes{};
  if (EqualsIgnoreCase(words[0].text, "FOREVER")) return Minutes{std::chrono::minutes{0}};
  const auto minutes = ParseUnsigned(words[0].text, kMaxCount);
  if (!minutes || *minutes == 0) {
    return context.Expected(words[0], "a number of minutes above 0, FOREVER or NEVER");
  }
  return Minutes{std::chrono::minutes{*minutes}};
}
std::string DenyTimeCodec::Print(const Value& value) {
  if (!value) return "NEVER";
  return value->count() == 0 ? "FOREVER" : std::to_string(value->count());
}

Result<RpcVersions> RpcVersionsCodec::Parse(Words words, const CodecContext& context) {
  const std::string_view text = words[0].text;
  const auto dash = text.find('-');
  const auto low = ParseUnsigned(text.substr(0, dash), kMaxU32);
  const auto high =
      dash == std::string_view::npos ? low : ParseUnsigned(text.substr(dash + 1), kMaxU32);
  if (!low || !high || *low > *high) return context.Expected(words[0], "a version N or LOW-HIGH");
  return RpcVersions{static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high)};
}
std::string RpcVersionsCodec::Print(const Value& value) {
  return std::to_string(value.low) + "-" + std::to_string(value.high);
}

Result<RedirectTarget> RedirectCodec::Parse(Words words, const CodecContext& /*context*/) {
  return RedirectTarget{words[0].text, words[1].text};
}
std::string RedirectCodec::Print(const Value& value) { return value.host + " " + value.port; }

Result<AccessTimes> AccessTimesCodec::Parse(Words words, const CodecContext& context) {
  std::vector<std::string_view> texts;
  for (const Word& word : words) texts.emplace_back(word.text);
  return AccessTimes::Parse(texts, context.assignment.At(words[0]).where);
}
std::string AccessTimesCodec::Print(const Value& value) { return value.ToString(); }

Result<Strings> ArgumentsCodec::Parse(Words words, const CodecContext& /*context*/) {
  Strings out;
  for (const Word& word : words) out.push_back(word.text);
  return out;
}
std::string ArgumentsCodec::Print(const Value& value) { return JoinWords(value); }

}  // namespace postern::policy
