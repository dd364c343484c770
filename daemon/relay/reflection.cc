// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/reflection.h"

#include <algorithm>
#include <cstdint>

namespace postern::daemon {
namespace {

// Below are echo, chargen, DNS, NTP, SNMP, LDAP, …: servers, never clients of ours.
constexpr std::uint16_t kFirstUnprivileged = 1024;

// Services above that answer whatever they are sent, as known from reflection attacks. A client
// that happens to have one of these as its ephemeral port is not answered either.
struct ReflectingPort {
  std::uint16_t port;
  const char* why;
};
constexpr ReflectingPort kReflectingPorts[] = {
    {1434, "MS-SQL resolution: answers one byte with a list"},
    {1604, "Citrix browser: answers with a list of servers"},
    {1645, "RADIUS, the old port: answers each request"},
    {1701, "L2TP: answers and retries"},
    {1812, "RADIUS: answers each request"},
    {1900, "SSDP: answers a search from any port"},
    {2049, "NFS and its portmapper: answers each call"},
    {3283, "Apple Remote Desktop: answers one byte with a thousand"},
    {3389, "RDP over UDP: answers and retries"},
    {3478, "STUN: answers a binding request"},
    {3702, "WS-Discovery: answers a probe, errors included"},
    {4500, "IKE: answers and retries"},
    {5060, "SIP: answers errors to garbage"},
    {5093, "Sentinel licence server: answers with a list"},
    {5351, "NAT-PMP: answers each request"},
    {5353, "mDNS: answers unicast queries"},
    {5683, "CoAP: answers without a handshake"},
    {6881, "BitTorrent DHT: answers queries, errors to garbage"},
    {10001, "Ubiquiti discovery: answers four bytes with a description"},
    {11211, "memcached: the largest amplifier known"},
    {17185, "VxWorks debugger: answers each call"},
    {27015, "Source engine games: answers a query with the state"},
    {27960, "Quake engine games: answers a query with the state"},
    {30718, "Lantronix set-up: answers with its configuration"},
    {33848, "Jenkins discovery: answers any datagram"},
    {37810, "DVR discovery: answers with its description"},
    {41794, "Crestron discovery: answers with its description"},
};

bool IsReflectingPort(std::uint16_t port) {
  return port < kFirstUnprivileged ||
         std::any_of(
             std::begin(kReflectingPorts), std::end(kReflectingPorts),
             [port](const ReflectingPort& row) { return row.port == port; });
}

// Unspecified, multicast (RFC 5771), reserved and broadcast: 0/8, 224/4, 240/4.
bool IsOneHostV4(std::uint8_t first) { return first != 0 && first < 224; }

bool IsMapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

bool IsOneHost(const std::array<std::uint8_t, 16>& bytes) {
  if (IsMapped(bytes)) return IsOneHostV4(bytes[12]);
  const bool unspecified = std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
  return !unspecified && bytes[0] != 0xff;
}

}  // namespace

bool MayReflect(const WireAddress& sender) {
  return IsReflectingPort(sender.port) || !IsOneHost(sender.bytes);
}

}  // namespace postern::daemon
