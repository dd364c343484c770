// SPDX-License-Identifier: BSD-2-Clause
// Looking rows up and inheriting by them; see attributes.h. The rows are in attribute_table.cc.
#include "policy/service/attributes.h"

#include <vector>

namespace postern::policy {
namespace {

// xinetd.conf(5): "interface" is another name of "bind".
constexpr std::string_view kBindAlias = "interface";

std::vector<std::string_view> NamesFor(BlockKind kind) {
  std::vector<std::string_view> names;
  for (const Attribute& attribute : Attributes()) {
    if (attribute.AllowedIn(kind)) names.push_back(attribute.name);
  }
  names.push_back(kBindAlias);
  return names;
}

}  // namespace

const Attribute* FindAttribute(std::string_view name) {
  if (EqualsIgnoreCase(name, kBindAlias)) name = "bind";
  for (const Attribute& attribute : Attributes()) {
    if (EqualsIgnoreCase(name, attribute.name)) return &attribute;
  }
  return nullptr;
}

std::span<const std::string_view> AttributeNames(BlockKind kind) {
  static const std::vector<std::string_view> service = NamesFor(BlockKind::kService);
  static const std::vector<std::string_view> defaults = NamesFor(BlockKind::kDefaults);
  return kind == BlockKind::kService ? service : defaults;
}

void Inherit(Inheritance which, Settings& service, const Settings& defaults) {
  for (const Attribute& attribute : Attributes()) {
    if (attribute.inheritance == which) attribute.field.inherit(service, defaults);
  }
}

}  // namespace postern::policy
