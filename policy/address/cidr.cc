// SPDX-License-Identifier: BSD-2-Clause
// Address blocks: clearing the bits behind the prefix, and containment on the 128-bit scale.
#include "policy/address/cidr.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace postern::policy {
namespace {

constexpr int kV4Offset = 96;  // where an IPv4 address starts in its mapped form

// The bits of `byte` (0..15) that a prefix of `length` bits keeps.
std::uint8_t MaskOfByte(std::size_t byte, int length) {
  const int kept = std::clamp(length - static_cast<int>(byte) * 8, 0, 8);
  return static_cast<std::uint8_t>(0xff00u >> kept & 0xffu);
}

}  // namespace

CidrBlock::CidrBlock(const IpAddress& base, int length)
    : base_(base), length_(length), is_v4_(base.is_v4()) {}

std::optional<CidrBlock> CidrBlock::Make(const IpAddress& address, int length) {
  if (length < 0 || length > (address.is_v4() ? 32 : 128)) return std::nullopt;
  const int length128 = address.is_v4() ? length + kV4Offset : length;
  IpAddress::Bytes16 bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] &= MaskOfByte(i, length128);
  // Clearing bits cannot change the family: an IPv4 block keeps the whole mapped prefix, and an
  // IPv6 block whose bytes 10 and 11 are still ff has lost nothing of its first 96 bits.
  return CidrBlock(IpAddress::FromV6(bytes), length);
}

bool CidrBlock::Contains(const IpAddress& address) const {
  for (std::size_t i = 0; i < address.bytes().size(); ++i) {
    const int difference = base_.bytes()[i] ^ address.bytes()[i];
    if ((difference & MaskOfByte(i, length128())) != 0) return false;
  }
  return true;
}

std::string CidrBlock::ToString() const { return base_.ToString() + '/' + std::to_string(length_); }

}  // namespace postern::policy
