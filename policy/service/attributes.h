// SPDX-License-Identifier: BSD-2-Clause
// THE attribute table: one row is one attribute of xinetd.conf, and everything known about it.
//
// Parsing, inheritance, printing, the man page and the fuzz dictionary are all made from these
// rows. To add an attribute: a member in settings.h, a row in attributes.cc, and a codec if its
// kind of value is new. The checks that need more than one attribute live in check_*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/service/codec.h"
#include "policy/service/settings.h"

namespace postern::policy {

enum class Scope : std::uint8_t { kService, kDefaults, kBoth };

// kAppend is env's: it has no "-=".
enum class Operators : std::uint8_t { kSet, kAppend, kList };

// What inheriting from `defaults` means. kFill: the default is taken when the service is silent.
// kBase: the default is what the service's own "+=" and "-=" work on. kNone: not in defaults, or
// about the configuration as a whole.
enum class Inheritance : std::uint8_t { kNone, kFill, kBase };

inline constexpr std::uint8_t kAnyCount = 255;
struct Arity {
  std::uint8_t least, most;
};

// The functions of one member of Settings under one codec; see Field() in attributes.cc.
struct FieldFunctions {
  // nullopt: done.
  std::optional<Diagnostic> (*assign)(Settings&, Words, const CodecContext&, BlockKind);
  void (*inherit)(Settings& service, const Settings& defaults);  // when the service has no value
  bool (*given)(const Settings&);
  const Assignment* (*from)(const Settings&);
  std::string (*print)(const Settings&);  // the words after the operator
  bool adds_in_defaults;                  // "=" in `defaults` adds to a list, as xinetd does it
};

struct Attribute {
  std::string_view name;
  Scope scope;
  Operators operators;
  Arity arity;
  Inheritance inheritance;
  std::string_view values;  // as the manual shows them
  std::string_view doc;     // full sentences, for the manual
  std::string_view since;   // the first version of postern that knows it
  FieldFunctions field;

  bool AllowedIn(BlockKind kind) const {
    return scope == Scope::kBoth || (scope == Scope::kDefaults) == (kind == BlockKind::kDefaults);
  }
};

std::span<const Attribute> Attributes();

// By name or alias, case ignored; null when there is none.
const Attribute* FindAttribute(std::string_view name);

// The names an assignment in a block of this kind may begin with.
std::span<const std::string_view> AttributeNames(BlockKind kind);

// Takes over what `service` leaves open. kBase before the service's own lines are read, kFill
// after.
void Inherit(Inheritance which, Settings& service, const Settings& defaults);

}  // namespace postern::policy
