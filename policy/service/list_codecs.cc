// SPDX-License-Identifier: BSD-2-Clause
// List items of xinetd.conf; see list_codecs.h.
#include "policy/service/list_codecs.h"

#include <optional>

#include "policy/decision/tls_identity.h"
#include "policy/service/capability_names.h"
#include "policy/service/scalar_codecs.h"

namespace postern::policy {
namespace {

bool SameWord(const AddressWord& a, const AddressWord& b) {
  return a.kind == b.kind && a.kind != AddressWordKind::kBlocks && a.name == b.name;
}

void RemoveBlocks(AddressWord& word, const AddressWord& less) {
  std::erase_if(word.blocks, [&less](const CidrBlock& block) {
    return std::ranges::find(less.blocks, block) != less.blocks.end();
  });
}

}  // namespace

Result<std::string> ServiceIdItem::ParseOne(const Word& word, const CodecContext& /*context*/) {
  return word.text;
}
std::string ServiceIdItem::PrintOne(const Value& item) { return item; }
bool ServiceIdItem::Same(const Value& a, const Value& b) { return EqualsIgnoreCase(a, b); }

Result<std::string> VariableItem::ParseOne(const Word& word, const CodecContext& context) {
  if (word.text.find('=') != std::string::npos) {
    return context.Expected(word, "the name of an environment variable, without a value");
  }
  return word.text;
}
std::string VariableItem::PrintOne(const Value& item) { return item; }
bool VariableItem::Same(const Value& a, const Value& b) { return a == b; }

Result<std::string> AssignmentItem::ParseOne(const Word& word, const CodecContext& context) {
  const auto equals = word.text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return context.Expected(word, "NAME=VALUE (a value cannot hold blanks)");
  }
  return word.text;
}
std::string AssignmentItem::PrintOne(const Value& item) { return item; }
bool AssignmentItem::Same(const Value& a, const Value& b) { return a == b; }

Result<std::string> PathItem::ParseOne(const Word& word, const CodecContext& context) {
  return PathCodec::Parse({&word, 1}, context);
}
std::string PathItem::PrintOne(const Value& item) { return item; }
bool PathItem::Same(const Value& a, const Value& b) { return a == b; }

Result<WrittenPath> WrittenPathItem::ParseOne(const Word& word, const CodecContext& context) {
  return WrittenPathCodec::Parse({&word, 1}, context);
}
std::string WrittenPathItem::PrintOne(const Value& item) { return item.path; }
bool WrittenPathItem::Same(const Value& a, const Value& b) { return a.path == b.path; }

Result<std::string> PatternItem::ParseOne(const Word& word, const CodecContext& /*context*/) {
  return word.text;
}
std::string PatternItem::PrintOne(const Value& item) { return item; }
bool PatternItem::Same(const Value& a, const Value& b) { return EqualsIgnoreCase(a, b); }

Result<std::string> IdentityItem::ParseOne(const Word& word, const CodecContext& context) {
  const auto pattern = IdentityPattern::Parse(word.text);
  if (pattern) return word.text;
  return context.Expected(word, "a name of a certificate or its fingerprint",
                          ": " + pattern.error());
}
std::string IdentityItem::PrintOne(const Value& item) { return item; }
bool IdentityItem::Same(const Value& a, const Value& b) { return EqualsIgnoreCase(a, b); }

Result<std::string> SyscallItem::ParseOne(const Word& word, const CodecContext& context) {
  using enum SystemView::SyscallWord;
  const SystemView::SyscallWord kind = context.system.KindOfSyscall(word.text);
  if (kind == kUnknown) {
    const std::vector<std::string> like = context.system.SyscallsLike(word.text);
    return context.Expected(word, "@GROUP or the name of a system call",
                            like.empty() ? "" : " (did you mean \"" + like.front() + "\"?)");
  }
  const bool removed = context.assignment.op == Operator::kRemove;
  if (kind == kDeniedToAll && !removed) {
    return context.Expected(word,
                            "calls that a sandbox can allow; posternd denies this one to "
                            "everything that it starts");
  }
  if (kind == kDeniedGroup && !removed) {
    return context.Expected(word,
                            "calls that a sandbox can allow; those of this group undo it, so that "
                            "each must be named by itself");
  }
  return word.text;
}
std::string SyscallItem::PrintOne(const Value& item) { return item; }
bool SyscallItem::Same(const Value& a, const Value& b) { return a == b; }

Result<std::string> CapabilityItem::ParseOne(const Word& word, const CodecContext& context) {
  std::string name = ToLower(word.text);
  if (std::ranges::find(kCapabilityNames, name) == kCapabilityNames.end()) {
    return context.Expected(word, "a capability of capabilities(7) without \"cap_\"",
                            DidYouMean(name, kCapabilityNames));
  }
  return name;
}
std::string CapabilityItem::PrintOne(const Value& item) { return item; }
bool CapabilityItem::Same(const Value& a, const Value& b) { return a == b; }

Result<std::uint16_t> PortItem::ParseOne(const Word& word, const CodecContext& context) {
  return PortCodec::Parse({&word, 1}, context);
}
std::string PortItem::PrintOne(const Value& item) { return std::to_string(item); }
bool PortItem::Same(const Value& a, const Value& b) { return a == b; }

Result<AddressWords> AddressListCodec::Parse(Words words, const CodecContext& context) {
  const NetworkLookup networks = [&context](const std::string& name) {
    return context.system.NetworkNumber(name);
  };
  AddressWords list;
  for (const Word& word : words) {
    auto parsed = ParseAddressWord(word.text, context.assignment.At(word).where, networks);
    if (!parsed) return Failure(std::move(parsed.error()));
    // A name stays a name, known to the resolver or not: what it would decide needs a looked-up
    // name.
    list.push_back(*std::move(parsed));
  }
  return list;
}

std::string AddressListCodec::Print(const AddressWords& list) {
  std::string out;
  for (const AddressWord& word : list) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

void AddressListCodec::Add(AddressWords& list, AddressWords more) {
  std::ranges::move(more, std::back_inserter(list));
}

void AddressListCodec::Remove(AddressWords& list, const AddressWords& less) {
  for (const AddressWord& gone : less) {
    std::erase_if(list, [&gone](AddressWord& word) {
      if (word.kind != AddressWordKind::kBlocks) return SameWord(word, gone);
      RemoveBlocks(word, gone);
      return word.blocks.empty();
    });
  }
}

}  // namespace postern::policy
