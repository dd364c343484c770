// SPDX-License-Identifier: BSD-2-Clause
// The document model of one xinetd.conf file: blocks of assignments and includes, each with its
// place.
//
// Built by conf_parser, written back by conf_printer, read by settings_reader. Words are kept as
// written; what they mean is the attribute table's business. A block with damage is never acted
// upon: a damaged service stays down, a damaged `defaults` makes the whole configuration unusable.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "policy/base/diagnostic.h"

namespace postern::policy {

// A location and its line, for the caret.
struct Place {
  SourceLocation where;
  std::string source_line;
};

struct Word {
  std::string text;
  std::uint32_t column = 0;
};

enum class Operator : std::uint8_t { kSet, kAdd, kRemove };  // =  +=  -=

std::string_view OperatorText(Operator op);

struct Assignment {
  Word name;
  Operator op = Operator::kSet;
  std::vector<Word> values;
  Place place;  // of the name

  Place At(const Word& word) const {
    return {{place.where.file, place.where.line, word.column}, place.source_line};
  }
};

enum class BlockKind : std::uint8_t { kService, kDefaults };

struct Block {
  BlockKind kind = BlockKind::kService;
  std::string name;  // of a service
  Place place;
  std::vector<Assignment> assignments;
  Diagnostics damage;  // lines that are no assignments, missing braces
};

struct Include {
  bool directory = false;
  std::string path;
  Place place;
};

using ConfItem = std::variant<Block, Include>;

struct ConfFile {
  std::string path;
  std::vector<ConfItem> items;  // in the order of the file
};

Diagnostic MakeDiagnostic(Severity severity, std::string code, const Place& place,
                          std::string message, std::string fix = {});

}  // namespace postern::policy
