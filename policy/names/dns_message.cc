// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/dns_message.h"

#include <algorithm>

#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr std::uint16_t kInternet = 1;
constexpr int kMostAliases = 16;
// RFC 2181 8: a lifetime with the highest bit set is none.
constexpr std::uint32_t kLongestLifetime = 0x7fffffff;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> message) : message_(message) {}

  bool Skip(std::size_t count) {
    if (count > message_.size() - at_) return false;
    at_ += count;
    return true;
  }
  std::optional<std::uint16_t> Number16() {
    if (message_.size() - at_ < 2) return std::nullopt;
    const auto value = static_cast<std::uint16_t>(ByteAt(at_) << 8 | ByteAt(at_ + 1));
    at_ += 2;
    return value;
  }
  std::optional<std::uint32_t> Number32() {
    const auto high = Number16(), low = Number16();
    if (!high || !low) return std::nullopt;
    return std::uint32_t{*high} << 16 | *low;
  }
  // A name, and on to what is behind it. One that is no host name reads as empty. nullopt:
  // malformed.
  std::optional<std::string> Name();

  std::size_t at() const { return at_; }
  std::span<const std::byte> Bytes(std::size_t count) const { return message_.subspan(at_, count); }

 private:
  unsigned ByteAt(std::size_t at) const { return std::to_integer<unsigned>(message_[at]); }
  void Append(std::string& name, std::size_t from, std::size_t length, bool& plain) const;

  std::span<const std::byte> message_;
  std::size_t at_ = 0;
};

void Reader::Append(std::string& name, std::size_t from, std::size_t length, bool& plain) const {
  if (!name.empty()) name += '.';
  for (std::size_t i = from; i < from + length; ++i) {
    const auto c = static_cast<char>(ByteAt(i));
    plain = plain && IsPlain(c);
    name += c;
  }
}

// Each pointer leads in front of the one before it, so the walk ends.
std::optional<std::string> Reader::Name() {
  std::string name;
  bool plain = true;
  std::optional<std::size_t> behind;  // where the name ends in place
  std::size_t limit = at_;
  for (std::size_t at = at_;;) {
    if (at >= message_.size()) return std::nullopt;
    const unsigned length = ByteAt(at);
    if (length >= 0xc0) {
      if (at + 1 >= message_.size()) return std::nullopt;
      if (!behind) behind = at + 2;
      at = (length & 0x3f) << 8 | ByteAt(at + 1);
      if (at >= limit) return std::nullopt;
      limit = at;
      continue;
    }
    if (length > 63 || length > message_.size() - at - 1) return std::nullopt;
    ++at;
    if (length == 0) {
      at_ = behind.value_or(at);
      return plain ? name : std::string();
    }
    Append(name, at, length, plain);
    if (name.size() > kMaxDomainName) return std::nullopt;
    at += length;
  }
}

std::optional<IpAddress> AddressOf(DnsType type, std::span<const std::byte> data) {
  if (type == DnsType::kA && data.size() == 4) {
    std::uint32_t address = 0;
    for (const std::byte byte : data) address = address << 8 | std::to_integer<std::uint32_t>(byte);
    return IpAddress::FromV4(address);
  }
  if (type == DnsType::kAaaa && data.size() == 16) {
    IpAddress::Bytes16 bytes;
    std::ranges::transform(data, bytes.begin(),
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    return IpAddress::FromV6(bytes);
  }
  return std::nullopt;
}

bool IsWanted(std::uint16_t type) {
  return type == static_cast<std::uint16_t>(DnsType::kA) ||
         type == static_cast<std::uint16_t>(DnsType::kAaaa) ||
         type == static_cast<std::uint16_t>(DnsType::kAlias) ||
         type == static_cast<std::uint16_t>(DnsType::kName);
}

// What the record's data says; false where that is nothing to us.
bool ReadData(Reader reader, std::size_t length, DnsRecord& record) {
  if (record.type == DnsType::kA || record.type == DnsType::kAaaa) {
    record.address = AddressOf(record.type, reader.Bytes(length));
    return record.address.has_value();
  }
  const std::size_t begin = reader.at();
  auto name = reader.Name();
  if (!name || name->empty() || reader.at() != begin + length) return false;
  record.name = std::move(*name);
  return true;
}

// False: malformed.
bool ReadRecord(Reader& reader, std::vector<DnsRecord>& records) {
  auto owner = reader.Name();
  if (!owner) return false;
  const auto type = reader.Number16(), net = reader.Number16();
  const auto lifetime = reader.Number32();
  const auto length = reader.Number16();
  if (!type || !net || !lifetime || !length) return false;
  const Reader data = reader;
  if (!reader.Skip(*length)) return false;
  if (owner->empty() || *net != kInternet || !IsWanted(*type)) return true;
  DnsRecord record{.owner = std::move(*owner),
                   .type = static_cast<DnsType>(*type),
                   .lifetime = std::chrono::seconds(*lifetime > kLongestLifetime ? 0 : *lifetime),
                   .name = {},
                   .address = {}};
  if (ReadData(data, *length, record)) records.push_back(std::move(record));
  return true;
}

const DnsRecord* Find(const std::vector<DnsRecord>& records, std::string_view owner, DnsType type) {
  const auto found = std::ranges::find_if(records, [&](const DnsRecord& record) {
    return record.type == type && EqualsIgnoreCase(record.owner, owner);
  });
  return found == records.end() ? nullptr : &*found;
}

struct Target {
  std::string_view owner;
  std::chrono::seconds lifetime = std::chrono::seconds(kLongestLifetime);
};

// The end of the chain of aliases that begins at `question`.
Target FollowAliases(const std::vector<DnsRecord>& records, std::string_view question) {
  Target target{.owner = question};
  for (int i = 0; i < kMostAliases; ++i) {
    const DnsRecord* alias = Find(records, target.owner, DnsType::kAlias);
    if (alias == nullptr) return target;
    target = {alias->name, std::min(target.lifetime, alias->lifetime)};
  }
  return {.owner = {}};  // a circle
}

}  // namespace

std::optional<std::vector<DnsRecord>> ParseDnsAnswers(std::span<const std::byte> message) {
  Reader reader(message);
  if (!reader.Skip(4)) return std::nullopt;
  const auto questions = reader.Number16(), answers = reader.Number16();
  if (!questions || !answers || !reader.Skip(kHeaderSize - 8)) return std::nullopt;
  for (int i = 0; i < *questions; ++i) {
    if (!reader.Name() || !reader.Skip(4)) return std::nullopt;
  }
  std::vector<DnsRecord> records;
  for (std::size_t i = 0; i < std::min<std::size_t>(*answers, kMaxDnsRecords); ++i) {
    if (!ReadRecord(reader, records)) return std::nullopt;
  }
  return records;
}

bool IsPlainHostName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxDomainName && name.front() != '.' &&
         name.back() != '.' && !name.contains("..") &&
         std::ranges::all_of(name, [](char c) { return c == '.' || IsPlain(c); });
}

std::string ReverseQuestion(const IpAddress& address) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string question;
  if (address.is_v4()) {
    for (int shift = 0; shift < 32; shift += 8) {
      question += std::to_string(address.v4() >> shift & 0xff) + '.';
    }
    return question + "in-addr.arpa";
  }
  for (std::size_t i = address.bytes().size(); i-- > 0;) {
    question += {kDigits[address.bytes()[i] & 0xf], '.', kDigits[address.bytes()[i] >> 4], '.'};
  }
  return question + "ip6.arpa";
}

DnsName NameIn(const std::vector<DnsRecord>& records, std::string_view question) {
  const Target target = FollowAliases(records, question);
  const DnsRecord* found = Find(records, target.owner, DnsType::kName);
  if (found == nullptr) return {};
  return {found->name, std::min(target.lifetime, found->lifetime)};
}

DnsAddresses AddressesIn(const std::vector<DnsRecord>& records, std::string_view question,
                         DnsType type) {
  const Target target = FollowAliases(records, question);
  DnsAddresses found{std::string(target.owner), {}, target.lifetime};
  for (const DnsRecord& record : records) {
    if (record.type != type || !EqualsIgnoreCase(record.owner, target.owner)) continue;
    if (record.address) found.addresses.push_back(*record.address);
    found.lifetime = std::min(found.lifetime, record.lifetime);
  }
  if (found.addresses.empty()) found.lifetime = std::chrono::seconds(0);
  return found;
}

}  // namespace postern::policy
