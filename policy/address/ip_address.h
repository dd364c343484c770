// SPDX-License-Identifier: BSD-2-Clause
// An IPv4 or IPv6 address as a value.
//
// An IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 2.5.5.2) becomes the IPv4 address here, at
// construction, and nowhere else: rules, limits and logs never meet the mapped form.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::policy {

class IpAddress {
 public:
  using Bytes16 = std::array<std::uint8_t, 16>;

  static IpAddress FromV4(std::uint32_t host_order);
  static IpAddress FromV6(const Bytes16& network_order);  // folds the mapped form to IPv4

  // Dotted quad with exactly four decimal octets, or RFC 4291 text without zone or brackets.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const { return is_v4_; }
  std::uint32_t v4() const;  // host order; only when is_v4()

  // The address as 128 bits, network order; an IPv4 address in its mapped form. Two addresses are
  // equal exactly when these are.
  const Bytes16& bytes() const { return bytes_; }

  // Who sends from it, as far as anybody can tell: of an IPv6 address its /64, because whoever has
  // one address there has all of them (RFC 4291 2.5.4).
  IpAddress Source() const;

  std::string ToString() const;  // RFC 5952 form; IPv4 as a dotted quad

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress() = default;
  Bytes16 bytes_{};
  bool is_v4_ = false;
};

// Where a socket is: an address and a port in host order.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace postern::policy
