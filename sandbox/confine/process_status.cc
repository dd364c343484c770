// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/process_status.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace postern::sandbox {
namespace {

std::unexpected<sys::Error> Unreadable(std::string_view name) {
  return std::unexpected(sys::Error{"read", ENODATA, "/proc/self/status " + std::string(name)});
}

// What stands behind "Name:".
std::optional<std::string_view> LineOf(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      return line.substr(name.size() + 1);
    }
    at = end + 1;
  }
  return std::nullopt;
}

template <typename Number>
sys::Result<std::vector<Number>> Numbers(std::string_view text, std::string_view name, int base) {
  const std::optional<std::string_view> line = LineOf(text, name);
  if (!line) return Unreadable(name);
  std::vector<Number> numbers;
  constexpr std::string_view kBlank = " \t";
  for (std::size_t at = line->find_first_not_of(kBlank); at != std::string_view::npos;) {
    const std::size_t end = std::min(line->find_first_of(kBlank, at), line->size());
    Number number = 0;
    const auto [stop, error] = std::from_chars(line->data() + at, line->data() + end, number, base);
    if (error != std::errc{} || stop != line->data() + end) return Unreadable(name);
    numbers.push_back(number);
    at = line->find_first_not_of(kBlank, end);
  }
  return numbers;
}

template <typename Number>
sys::Status Single(std::string_view text, std::string_view name, int base, Number& number) {
  TRY(const std::vector<Number> numbers, Numbers<Number>(text, name, base));
  if (numbers.size() != 1) return Unreadable(name);
  number = numbers.front();
  return {};
}

// What prctl(2), PR_SET_SPECULATION_CTRL, can change; other words are the machine's state.
bool IsOpenToSpeculation(std::string_view text) {
  const auto says = [text](std::string_view name, std::string_view words) {
    const std::optional<std::string_view> line = LineOf(text, name);
    return line && line->ends_with(words);
  };
  return says("Speculation_Store_Bypass", "\tthread vulnerable") ||
         says("SpeculationIndirectBranch", "\tconditional enabled");
}

}  // namespace

sys::Result<ProcessStatus> ParseProcessStatus(std::string_view text) {
  ProcessStatus status;
  TRY(status.uids, Numbers<std::uint32_t>(text, "Uid", 10));
  TRY(status.gids, Numbers<std::uint32_t>(text, "Gid", 10));
  if (status.uids.size() != 4) return Unreadable("Uid");
  if (status.gids.size() != 4) return Unreadable("Gid");
  TRY(status.groups, Numbers<std::uint32_t>(text, "Groups", 10));
  std::ranges::sort(status.groups);
  CapabilitySets& sets = status.capabilities;
  TRY_STATUS(Single(text, "CapInh", 16, sets.inheritable));
  TRY_STATUS(Single(text, "CapPrm", 16, sets.permitted));
  TRY_STATUS(Single(text, "CapEff", 16, sets.effective));
  TRY_STATUS(Single(text, "CapBnd", 16, sets.bounding));
  TRY_STATUS(Single(text, "CapAmb", 16, sets.ambient));
  unsigned no_new_privileges = 0;
  TRY_STATUS(Single(text, "NoNewPrivs", 10, no_new_privileges));
  status.no_new_privileges = no_new_privileges != 0;
  TRY_STATUS(Single(text, "Seccomp", 10, status.seccomp_mode));
  TRY_STATUS(Single(text, "Seccomp_filters", 10, status.seccomp_filters));
  TRY_STATUS(Single(text, "Threads", 10, status.threads));
  if (LineOf(text, "Umask")) {
    TRY_STATUS(Single(text, "Umask", 8, status.umask.emplace()));
  }
  status.open_to_speculation = IsOpenToSpeculation(text);
  return status;
}

}  // namespace postern::sandbox
