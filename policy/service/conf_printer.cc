// SPDX-License-Identifier: BSD-2-Clause
// Canonical xinetd.conf text; see conf_printer.h.
#include "policy/service/conf_printer.h"

#include <variant>

namespace postern::policy {
namespace {

void PrintBlock(const Block& block, std::string& out) {
  if (!block.damage.empty()) return;
  out += block.kind == BlockKind::kDefaults ? "defaults" : "service " + block.name;
  out += "\n{\n";
  for (const Assignment& assignment : block.assignments) {
    out += "\t" + PrintAssignment(assignment) + "\n";
  }
  out += "}\n";
}

}  // namespace

std::string PrintAssignment(const Assignment& assignment) {
  std::string out = assignment.name.text + " ";
  out += OperatorText(assignment.op);
  for (const Word& value : assignment.values) out += " " + value.text;
  return out;
}

std::string PrintConf(const ConfFile& file) {
  std::string out;
  for (const ConfItem& item : file.items) {
    if (const auto* const include = std::get_if<Include>(&item)) {
      out += (include->directory ? "includedir " : "include ") + include->path + "\n";
    } else {
      PrintBlock(std::get<Block>(item), out);
    }
  }
  return out;
}

}  // namespace postern::policy
