// SPDX-License-Identifier: BSD-2-Clause
// Drafts of inetd.conf lines back to text, attribute by attribute, as the table prints them.
#include "policy/service/xinetd_form.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "policy/base/text.h"
#include "policy/service/attributes.h"
#include "policy/service/conf_printer.h"
#include "policy/service/inetd_drafts.h"
#include "policy/service/inetd_parser.h"
#include "policy/service/tcpd_line.h"

namespace postern::policy {
namespace {

bool IsPlainWord(const std::string& word) {
  return !word.empty() && word.find_first_of(" \t") == std::string::npos;
}

// Why there are no words for it; empty when there are.
std::string WhyUnsayable(const ServiceDraft& draft) {
  const InetdFields& fields = *draft.inetd;
  if (fields.listen.family == Family::kUnix) return "xinetd.conf has no unix sockets";
  if (draft.settings.type && draft.settings.type->rpc) return "RPC services are not supported";
  if (fields.listen.send_buffer || fields.listen.receive_buffer) {
    return "xinetd.conf has no sizes of buffers";
  }
  if (fields.rate) return "xinetd.conf counts connections by the second, not by the minute";
  if (draft.settings.server_args &&
      !std::ranges::all_of(*draft.settings.server_args, IsPlainWord)) {
    return "an argument of xinetd.conf cannot be empty or hold blanks";
  }
  return {};
}

std::string OneLine(std::string_view line) {
  std::string blanks(line);
  std::ranges::replace(blanks, '\t', ' ');
  return EscapeText(blanks);
}

class Writer {
 public:
  Writer(std::string_view content, const std::string& path, const SystemView& system,
         const std::string& directory)
      : rest_(content), path_(path), directory_(directory) {
    InetdFile parsed = ParseInetd(content, path);
    form_.diagnostics = std::move(parsed.diagnostics);
    for (ServiceDraft& draft : DraftInetd(parsed.entries, Settings{}, system)) {
      const std::uint32_t line = draft.place.where.line;
      drafts_.emplace(line, std::move(draft));
    }
    for (const HeldInetdLine& held : parsed.held) held_.insert(held.where.line);
  }

  XinetdForm Write() {
    for (std::uint32_t line = 1; !rest_.empty(); ++line) {
      std::string_view text = rest_.substr(0, rest_.find('\n'));
      rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
      if (text.ends_with('\r')) text.remove_suffix(1);
      WriteLine(line, text);
    }
    return std::move(form_);
  }

 private:
  void WriteLine(std::uint32_t line, std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    const bool blank = first == std::string_view::npos;
    const bool comment = !blank && text[first] == '#';
    form_.text += blank || comment ? "" : "# ";
    form_.text += OneLine(text.substr(blank ? text.size() : first)) + "\n";
    if (held_.contains(line)) form_.text += "# not converted: the line has an error\n";
    const auto [begin, end] = drafts_.equal_range(line);
    for (auto draft = begin; draft != end; ++draft) WriteDraft(draft->second);
  }

  void WriteDraft(ServiceDraft& draft) {
    if (const std::string why = WhyUnsayable(draft); !why.empty()) {
      form_.text += "# not converted: " + why + "\n";
      form_.diagnostics.push_back(
          MakeDiagnostic(Severity::kWarning, "no-xinetd-form", draft.place, why));
      return;
    }
    Settings& settings = draft.settings;
    if (settings.server && IsTcpd(*settings.server)) Unwrap(draft);
    settings.flags.value->ipv4 = draft.inetd->listen.family == Family::kIpv4;
    settings.flags.value->ipv6 = draft.inetd->listen.family == Family::kIpv6 ||
                                 draft.inetd->listen.family == Family::kIpv6Only;
    if (settings.v6only && !*settings.v6only) settings.v6only.value.reset();
    if (draft.inetd->port) settings.port.value = draft.inetd->port;
    if (draft.id != draft.name) settings.id.value = draft.id;
    WriteBlock(draft);
  }

  // hosts.allow and hosts.deny are asked under the last part of argv[0] here, and under all of it
  // by tcpd, unless it is a path.
  void Unwrap(ServiceDraft& draft) {
    Settings& settings = draft.settings;
    std::string& argv0 = settings.server_args.value->front();
    if (!argv0.starts_with('/') && argv0.contains('/')) {
      const std::string why = "tcpd asks the access files under the name " + argv0 +
                              ", which no server has, so tcpd stays";
      form_.text += "# " + OneLine(why) + "\n";
      form_.diagnostics.push_back(
          MakeDiagnostic(Severity::kNote, "kept-tcpd", draft.server_place, why));
      return;
    }
    settings.server.value = ProgramBehindTcpd(argv0, directory_);
    argv0 = Basename(argv0);
    settings.flags.value->nolibwrap = false;
  }

  void WriteBlock(const ServiceDraft& draft) {
    Block block;
    block.name = draft.name;
    for (const Attribute& attribute : Attributes()) {
      if (!attribute.field.given(draft.settings)) continue;
      std::string words = attribute.field.print(draft.settings);
      if (words.empty()) continue;
      Assignment assignment;
      assignment.name.text = attribute.name;
      assignment.values.push_back({std::move(words), 0});
      block.assignments.push_back(std::move(assignment));
    }
    form_.text += PrintConf({path_, {std::move(block)}});
  }

  std::string_view rest_;
  const std::string& path_;
  const std::string& directory_;
  std::multimap<std::uint32_t, ServiceDraft> drafts_;  // by line, in their order
  std::set<std::uint32_t> held_;                       // lines with an error
  XinetdForm form_;
};

}  // namespace

XinetdForm ToXinetdForm(std::string_view content, const std::string& path, const SystemView& system,
                        const std::string& real_daemon_directory) {
  return Writer(content, path, system, real_daemon_directory).Write();
}

}  // namespace postern::policy
