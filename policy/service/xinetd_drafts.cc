// SPDX-License-Identifier: BSD-2-Clause
// Blocks to drafts; see xinetd_drafts.h.
#include "policy/service/xinetd_drafts.h"

#include <algorithm>
#include <utility>

#include "policy/service/attributes.h"

namespace postern::policy {
namespace {

// A disabled service harms nobody. What is wrong above its `disable = yes` is worth a warning for
// the day it is enabled; below it xinetd does not look, and people keep notes there.
Findings OnlyWarnings(Findings findings, const Assignment& disabled_by) {
  Findings kept;
  const SourceLocation& limit = disabled_by.place.where;
  for (Diagnostic& finding : findings.Take()) {
    const bool above = finding.where.file == limit.file && finding.where.line < limit.line;
    if (!above && finding.code != "missing-brace") continue;
    if (finding.severity == Severity::kError) finding.severity = Severity::kWarning;
    kept.Add(std::move(finding));
  }
  return kept;
}

ServiceDraft DraftOne(const Block& block, const Defaults& defaults, const SystemView& system) {
  ServiceDraft draft;
  draft.name = block.name;
  draft.block = &block;
  draft.place = draft.user_place = draft.server_place = block.place;
  Inherit(Inheritance::kBase, draft.settings, defaults.settings);
  ReadSettings(block, defaults.options, system, draft.settings, draft.findings);
  Inherit(Inheritance::kFill, draft.settings, defaults.settings);
  draft.id = draft.settings.id ? *draft.settings.id : block.name;
  if (draft.id.empty()) draft.id = "(unnamed)";
  if (draft.settings.mdns) {
    draft.findings.Note("no-effect", draft.settings.mdns.from->place,
                        "mdns has no effect: services are not registered with mDNS");
  }
  if (const Assignment* const disabled_by = DisabledBy(block, defaults.options)) {
    draft.absent = true;
    draft.findings = OnlyWarnings(std::move(draft.findings), *disabled_by);
  }
  return draft;
}

}  // namespace

Defaults ReadDefaults(const std::vector<const Block*>& blocks, const SystemView& system) {
  Defaults defaults;
  const auto is_defaults = [](const Block* block) { return block->kind == BlockKind::kDefaults; };
  defaults.options.accept_trailing_comments =
      std::ranges::any_of(blocks, [&is_defaults](const Block* block) {
        return is_defaults(block) && AcceptsTrailingComments(*block);
      });
  for (const Block* const block : blocks) {
    if (!is_defaults(block)) continue;
    ReadSettings(*block, defaults.options, system, defaults.settings, defaults.findings);
  }
  return defaults;
}

std::vector<ServiceDraft> DraftXinetd(const std::vector<const Block*>& blocks,
                                      const Defaults& defaults, const SystemView& system) {
  std::vector<ServiceDraft> drafts;
  for (const Block* const block : blocks) {
    if (block->kind == BlockKind::kService) drafts.push_back(DraftOne(*block, defaults, system));
  }
  return drafts;
}

}  // namespace postern::policy
