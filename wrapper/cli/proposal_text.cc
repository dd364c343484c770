// SPDX-License-Identifier: BSD-2-Clause
// A proposal as lines of xinetd.conf: part of proposal.h.
//
// What the service chose stands in comments only, escaped, or is a word without blanks.
#include <algorithm>
#include <string_view>

#include "policy/base/diagnostic.h"
#include "policy/service/codec_names.h"
#include "policy/service/scalar_codecs.h"
#include "sandbox/filter/call_numbers.h"
#include "wrapper/cli/proposal.h"

namespace postern::cli {

namespace filter = sandbox::filter;
using sandbox::Learned;
using sandbox::LearnedCall;

namespace {

std::string Times(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

class Lines {
 public:
  void Comment(std::string_view text) {
    text_ += "\t# ";
    text_ += policy::EscapeText(text);
    text_ += '\n';
  }
  void Blank() { text_ += '\n'; }
  void Set(std::string_view attribute, std::string_view sign, std::string_view value,
           bool as_comment = false) {
    std::string line(attribute);
    line += ' ';
    // The signs under each other, "=" and "+=".
    constexpr std::size_t kColumn = 19;
    if (line.size() + sign.size() < kColumn) line.resize(kColumn - sign.size(), ' ');
    text_ += as_comment ? "\t# " : "\t";
    text_ += line;
    ((text_ += sign) += ' ') += value;
    text_ += '\n';
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string NameOf(std::uint32_t call) {
  const std::string name = filter::NameOf(call);
  return name.empty() ? "call number " + std::to_string(call) : name;
}

std::string Seen(const LearnedCall& call) {
  std::string text = "seen " + Times(call.count) + ", first by " + call.first_by;
  if (call.refused == call.count) text += "; refused, as in every sandbox";
  if (call.refused > 0 && call.refused < call.count) {
    text += "; refused " + Times(call.refused) + ", as in every sandbox";
  }
  return text;
}

void PrintHead(const Learned& learned, const Subject& subject, Lines& lines) {
  std::uint64_t calls = 0;
  for (const auto& [number, call] : learned.calls) calls += call.count;
  lines.Comment("What " + subject.service + " did while it was learned: " + std::to_string(calls) +
                " calls by " + std::to_string(learned.processes) + " processes.");
  lines.Comment("These lines take the place of those of the same names. What was not tried while");
  lines.Comment("it was learned is refused with them.");
  if (learned.cut_off != 0) {
    lines.Comment(std::to_string(learned.cut_off) +
                  " tasks were still running, and what they would have done next is not in here.");
  }
}

void PrintSandbox(const Proposal& proposal, Lines& lines) {
  for (const std::string& reason : proposal.reasons) lines.Comment(reason);
  lines.Set("sandbox", "=", policy::EnumCodec<policy::kProfiles>::Print(proposal.sandbox));
  lines.Set("network", "=", policy::EnumCodec<policy::kNetworks>::Print(proposal.network));
  if (!proposal.connect_to) return;
  std::string ports;
  for (const std::uint16_t port : *proposal.connect_to) {
    ports += (ports.empty() ? "" : " ") + std::to_string(port);
  }
  lines.Set("connect_to", "=", ports);
}

void PrintCalls(const Proposal& proposal, const Learned& learned, Lines& lines) {
  const char* sign = "=";
  for (const ProposedWord& word : proposal.words) {
    if (word.word.starts_with('@')) {
      lines.Comment(std::to_string(word.seen.size()) + " of its " + std::to_string(word.members) +
                    " calls:");
    }
    for (const std::uint32_t number : word.seen) {
      const std::string name = word.word.starts_with('@') ? NameOf(number) + ": " : "";
      lines.Comment(name + Seen(learned.calls.at(number)));
    }
    lines.Set("syscalls", sign, word.word);
    sign = "+=";
  }
}

// "socket(2, 3, 0)": the arguments that decide, up to the last that is not 0.
std::string CallText(const RefusedUse& use) {
  std::string text = NameOf(use.call) + "(";
  std::size_t last = 0;
  for (std::size_t i = 0; i < use.arguments.size(); ++i) last = use.arguments[i] != 0 ? i : last;
  for (std::size_t i = 0; i <= last; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(use.arguments[i]);
  }
  return text + ")";
}

void PrintDenied(const Proposal& proposal, const Learned& learned, Lines& lines) {
  for (const auto& [number, call] : learned.calls) {
    if (call.killed == 0) continue;
    lines.Comment("always denied: " + NameOf(number) + ", tried " + Times(call.killed) +
                  ", first by " + call.first_by + ", which was killed");
  }
  for (const RefusedUse& use : proposal.refused) {
    lines.Comment("refused with these lines: " + CallText(use) + ", seen " + Times(use.count));
  }
  if (learned.arguments_left_out != 0) {
    lines.Comment("arguments of " + std::to_string(learned.arguments_left_out) +
                  " more calls were not looked at: there were too many different ones");
  }
}

void PrintPaths(std::string_view attribute, const std::vector<std::string>& paths, Lines& lines) {
  const char* sign = "=";
  for (const std::string& path : paths) {
    lines.Set(attribute, sign, path);
    sign = "+=";
  }
}

void PrintFiles(const Proposal& proposal, const Learned& learned, Lines& lines) {
  PrintPaths("read_only_paths", proposal.read_only, lines);
  PrintPaths("read_write_paths", proposal.read_write, lines);
  for (const std::string& one : proposal.unproposed) lines.Comment(one);
  for (const auto& [path, file] : learned.files) {
    const bool runs = (file.use & sandbox::kExecutes) != 0 && file.set_id;
    if (runs) lines.Comment(path + " is setuid or setgid, and gains nothing by it here");
  }
  if (learned.files_left_out != 0) {
    lines.Comment("too many different files: " + std::to_string(learned.files_left_out) +
                  " uses of further ones were left out");
  }
  if (learned.files_unread != 0) {
    lines.Comment("the files of " + std::to_string(learned.files_unread) +
                  " calls could not be told: another user's process, or no such name");
  }
}

void PrintLimits(const Proposal& proposal, Lines& lines) {
  for (const ProposedLimit& limit : proposal.limits) {
    lines.Comment(limit.measured);
    lines.Set(limit.attribute, "=", limit.value, limit.as_comment);
  }
}

}  // namespace

std::string ProposalText(const Proposal& proposal, const Learned& learned, const Subject& subject) {
  Lines lines;
  PrintHead(learned, subject, lines);
  lines.Blank();
  PrintSandbox(proposal, lines);
  lines.Blank();
  PrintCalls(proposal, learned, lines);
  PrintDenied(proposal, learned, lines);
  lines.Blank();
  PrintFiles(proposal, learned, lines);
  lines.Blank();
  PrintLimits(proposal, lines);
  return lines.Take();
}

}  // namespace postern::cli
