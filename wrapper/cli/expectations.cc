// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/expectations.h"

#include <algorithm>
#include <utility>

#include "policy/base/text.h"
#include "policy/hosts/request.h"

namespace postern::cli {
namespace {

constexpr std::size_t kMaxProblems = 100;
constexpr std::string_view kBlanks = " \t\r\f\v";
using Status = std::expected<void, std::string>;

// The words of a line in front of its comment.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0;;) {
    const std::size_t begin = line.find_first_not_of(kBlanks, at);
    if (begin == std::string_view::npos || line[begin] == '#') return words;
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
}

std::string Quoted(std::string_view text) { return "\"" + policy::EscapeText(text) + "\""; }

Status ReadClient(Expectation& expectation, std::string_view word) {
  if (word == policy::hosts::kUnknown) return {};
  auto set = SetField(expectation.question, "client_addr", word);
  if (set && expectation.question.Peer()) return {};
  return std::unexpected(Quoted(word) + " is not an address; a client's name is given as name=" +
                         policy::EscapeText(word) + " behind its address or \"unknown\"");
}

Status ReadRange(Expectation& expectation, std::string_view word) {
  const bool outside = word.starts_with('!');
  auto block = ParseBlock(word.substr(outside ? 1 : 0));
  if (!block) return std::unexpected(std::move(block.error()));
  expectation.range = AddressRange{*block, outside};
  return {};
}

Status ReadKey(Expectation& expectation, std::string_view word, std::uint32_t& seen) {
  constexpr std::string_view kShort = "name";  // the client's
  const std::size_t equals = word.find('=');
  std::string_view key = word.substr(0, equals);
  if (key == kShort) key = "client_name";
  const auto index = FieldIndex(key);
  const bool fixed = key == "daemon" || key == "service" || key == "client_addr";
  if (!index || fixed || equals == std::string_view::npos) {
    return std::unexpected(Quoted(word) +
                           " is not name=, user=, at=, server_addr=, server_name=, server_port= or "
                           "proxy_addr=");
  }
  const std::uint32_t bit = 1U << *index;
  if ((std::exchange(seen, seen | bit) & bit) != 0) {
    return std::unexpected(Quoted(word) + " gives the same a second time");
  }
  return SetField(expectation.question, key, word.substr(equals + 1));
}

Status ReadWords(Expectation& expectation, const std::vector<std::string_view>& words) {
  if (words[0] != "allow" && words[0] != "deny") {
    return std::unexpected(Quoted(words[0]) + " is neither allow nor deny");
  }
  const bool range = words.size() > 2 && words[2] == "from";
  const std::size_t keys = range ? 4 : 3;
  if (words.size() < keys) {
    return std::unexpected(range ? "a block of addresses is missing behind \"from\""
                                 : "allow|deny SERVICE CLIENT: a word is missing");
  }
  expectation.allow = words[0] == "allow";
  expectation.subject = words[1];
  Status status = range ? ReadRange(expectation, words[3]) : ReadClient(expectation, words[2]);
  std::uint32_t seen = 0;
  for (std::size_t i = keys; status && i < words.size(); ++i) {
    status = ReadKey(expectation, words[i], seen);
  }
  return status;
}

}  // namespace

std::expected<policy::CidrBlock, std::string> ParseBlock(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = policy::IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::unexpected(Quoted(text) + " is not a block of addresses");
  int length = address->is_v4() ? 32 : 128;
  if (slash != std::string_view::npos) {
    // A mapped address is an IPv4 address, with the length counted from there.
    const bool mapped = address->is_v4() && text.find(':') != std::string_view::npos;
    const int before = mapped ? 96 : 0;
    const auto number = policy::ParseUnsigned(text.substr(slash + 1), 128);
    const int given = number ? static_cast<int>(*number) - before : -1;
    if (given < 0 || given > length) {
      return std::unexpected(Quoted(text) + ": the prefix length is wrong");
    }
    length = given;
  }
  const auto block = policy::CidrBlock::Make(*address, length);
  if (!block) return std::unexpected(Quoted(text) + " is not a block of addresses");
  if (block->base() != *address) {
    return std::unexpected(Quoted(text) + " has host bits set: " + block->ToString());
  }
  return *block;
}

ExpectationFile ParseExpectations(const std::string& path, std::string_view content) {
  ExpectationFile file;
  for (std::uint32_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::vector<std::string_view> words = Words(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
    if (words.empty()) continue;
    Expectation expectation;
    expectation.where = {path, number, 1};
    const std::string_view last = words.back();
    expectation.text = {words.front().data(), last.data() + last.size()};
    if (const Status status = ReadWords(expectation, words); !status) {
      file.problems.push_back(path + ":" + std::to_string(number) + ": " + status.error());
      if (file.problems.size() < kMaxProblems) continue;
      file.problems.push_back(path + ": the rest is not read");
      return file;
    }
    file.expectations.push_back(std::move(expectation));
  }
  return file;
}

}  // namespace postern::cli
