// SPDX-License-Identifier: BSD-2-Clause
// A socket of each family the kernel may have. The families beyond a service's needs are where
// kernels were broken into.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

static int Open(int family, int type, int protocol) {
  return Outcome(socket(family, type | SOCK_CLOEXEC, protocol));
}

#define FAMILY(name, family, type, protocol) \
  static int Open##name(void) { return Open(family, type, protocol); }
FAMILY(Unix, AF_UNIX, SOCK_STREAM, 0)
FAMILY(Tcp, AF_INET, SOCK_STREAM, 0)
FAMILY(Tcp6, AF_INET6, SOCK_STREAM, 0)
FAMILY(Udp, AF_INET, SOCK_DGRAM, 0)
FAMILY(Udp6, AF_INET6, SOCK_DGRAM, 0)
FAMILY(Raw, AF_INET, SOCK_RAW, IPPROTO_ICMP)
FAMILY(Raw6, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
FAMILY(Ping, AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
FAMILY(Mptcp, AF_INET, SOCK_STREAM, IPPROTO_MPTCP)
FAMILY(Sctp, AF_INET, SOCK_STREAM, IPPROTO_SCTP)
FAMILY(UdpLite, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE)
FAMILY(Netlink, AF_NETLINK, SOCK_RAW, 0)         // routes
FAMILY(NetlinkSocket, AF_NETLINK, SOCK_RAW, 4)   // sock_diag: the sockets of everybody
FAMILY(NetlinkAudit, AF_NETLINK, SOCK_RAW, 9)    //
FAMILY(NetlinkFilter, AF_NETLINK, SOCK_RAW, 12)  // nf_tables
FAMILY(NetlinkEvents, AF_NETLINK, SOCK_RAW, 15)  // kobject_uevent
FAMILY(Packet, AF_PACKET, SOCK_RAW, 0)
FAMILY(Key, AF_KEY, SOCK_RAW, 2)
FAMILY(Alg, AF_ALG, SOCK_SEQPACKET, 0)
FAMILY(Vsock, AF_VSOCK, SOCK_STREAM, 0)
FAMILY(Bluetooth, AF_BLUETOOTH, SOCK_RAW, 1)
FAMILY(Can, AF_CAN, SOCK_RAW, 1)
FAMILY(Tipc, AF_TIPC, SOCK_STREAM, 0)
FAMILY(Rds, AF_RDS, SOCK_SEQPACKET, 0)
FAMILY(Kcm, AF_KCM, SOCK_DGRAM, 0)
FAMILY(Xdp, AF_XDP, SOCK_RAW, 0)
FAMILY(Smc, AF_SMC, SOCK_STREAM, 0)
FAMILY(Rxrpc, AF_RXRPC, SOCK_DGRAM, AF_INET)
FAMILY(Nfc, AF_NFC, SOCK_SEQPACKET, 1)
FAMILY(Ax25, AF_AX25, SOCK_DGRAM, 0)
FAMILY(Ipx, AF_IPX, SOCK_DGRAM, 0)
FAMILY(AppleTalk, AF_APPLETALK, SOCK_DGRAM, 0)
FAMILY(X25, AF_X25, SOCK_SEQPACKET, 0)
FAMILY(Llc, AF_LLC, SOCK_STREAM, 0)
FAMILY(Phonet, AF_PHONET, SOCK_DGRAM, 0)
FAMILY(Qrtr, 42 /* AF_QIPCRTR */, SOCK_DGRAM, 0)
FAMILY(Mctp, 45 /* AF_MCTP */, SOCK_DGRAM, 0)
#undef FAMILY

// The kernel takes an int: a filter that compares 64 bits would be passed by, or refuse too little.
static int OpenTcpHighBits(void) {
  return Outcome(syscall(41 /* socket */, 0xffffffff00000000UL | AF_INET, SOCK_STREAM, 0));
}
static int OpenNetlinkHighBits(void) {
  return Outcome(syscall(41 /* socket */, 0xffffffff00000000UL | AF_NETLINK, SOCK_RAW, 0));
}

static const struct Act kActs[] = {
    {"socket_unix", OpenUnix},
    {"socket_tcp", OpenTcp},
    {"socket_tcp6", OpenTcp6},
    {"socket_udp", OpenUdp},
    {"socket_udp6", OpenUdp6},
    {"socket_raw", OpenRaw},
    {"socket_raw6", OpenRaw6},
    {"socket_ping", OpenPing},
    {"socket_mptcp", OpenMptcp},
    {"socket_sctp", OpenSctp},
    {"socket_udplite", OpenUdpLite},
    {"socket_tcp_high_bits", OpenTcpHighBits},
    {"socket_netlink", OpenNetlink},
    {"socket_netlink_high_bits", OpenNetlinkHighBits},
    {"socket_netlink_sockets", OpenNetlinkSocket},
    {"socket_netlink_audit", OpenNetlinkAudit},
    {"socket_netlink_netfilter", OpenNetlinkFilter},
    {"socket_netlink_events", OpenNetlinkEvents},
    {"socket_packet", OpenPacket},
    {"socket_key", OpenKey},
    {"socket_alg", OpenAlg},
    {"socket_vsock", OpenVsock},
    {"socket_bluetooth", OpenBluetooth},
    {"socket_can", OpenCan},
    {"socket_tipc", OpenTipc},
    {"socket_rds", OpenRds},
    {"socket_kcm", OpenKcm},
    {"socket_xdp", OpenXdp},
    {"socket_smc", OpenSmc},
    {"socket_rxrpc", OpenRxrpc},
    {"socket_nfc", OpenNfc},
    {"socket_ax25", OpenAx25},
    {"socket_ipx", OpenIpx},
    {"socket_appletalk", OpenAppleTalk},
    {"socket_x25", OpenX25},
    {"socket_llc", OpenLlc},
    {"socket_phonet", OpenPhonet},
    {"socket_qrtr", OpenQrtr},
    {"socket_mctp", OpenMctp},
};
const struct Theme kFamilies = THEME("socket families", kActs);
