// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_writer.h"

#include <string_view>

namespace postern::policy {
namespace {

using namespace std::string_view_literals;

bool BothV4(const ProxiedEnds& ends) {
  return ends.source.address.is_v4() && ends.destination.address.is_v4();
}

std::string Spelled(const IpAddress& address, bool as_v4) {
  return address.is_v4() && !as_v4 ? "::ffff:" + address.ToString() : address.ToString();
}

void AppendAddress(std::string& header, const IpAddress& address, bool as_v4) {
  for (std::size_t i = as_v4 ? 12 : 0; i < address.bytes().size(); ++i) {
    header.push_back(static_cast<char>(address.bytes()[i]));
  }
}

void Append16(std::string& header, std::size_t number) {
  header.push_back(static_cast<char>(number >> 8 & 0xff));
  header.push_back(static_cast<char>(number & 0xff));
}

}  // namespace

std::string WriteProxyLine(const ProxiedEnds& ends) {
  const bool v4 = BothV4(ends);
  return (v4 ? "PROXY TCP4 " : "PROXY TCP6 ") + Spelled(ends.source.address, v4) + " " +
         Spelled(ends.destination.address, v4) + " " + std::to_string(ends.source.port) + " " +
         std::to_string(ends.destination.port) + "\r\n";
}

// Command PROXY; TCP over IPv4 or IPv6, and what comes behind the head.
std::string WriteProxyBinary(const ProxiedEnds& ends, const ProxyTlvs& tlvs) {
  const bool v4 = BothV4(ends);
  std::string block;
  AppendAddress(block, ends.source.address, v4);
  AppendAddress(block, ends.destination.address, v4);
  Append16(block, ends.source.port);
  Append16(block, ends.destination.port);
  block += WriteProxyTlvs(tlvs);
  std::string header("\r\n\r\n\0\r\nQUIT\n\x21"sv);
  header.push_back(v4 ? '\x11' : '\x21');
  Append16(header, block.size());
  return header + block;
}

}  // namespace postern::policy
