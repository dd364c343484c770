// SPDX-License-Identifier: BSD-2-Clause
// Reaching others with a socket of its own: the host's TCP and UDP ports and AF_UNIX names.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

static struct sockaddr_in Local(long port) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int TcpConnect(void) {
  const struct sockaddr_in address = Local(GivenNumber("port"));
  if (Given("port") == NULL) return kNotAsked;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  return Outcome(connect(fd, (const struct sockaddr*)&address, sizeof address));
}
static int FastOpen(void) {
  const struct sockaddr_in address = Local(GivenNumber("port"));
  if (Given("port") == NULL) return kNotAsked;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  return Outcome(
      sendto(fd, "x", 1, MSG_FASTOPEN, (const struct sockaddr*)&address, sizeof address));
}
static int UdpSend(void) {
  const struct sockaddr_in address = Local(GivenNumber("port"));
  if (Given("port") == NULL) return kNotAsked;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return errno;
  return Outcome(sendto(fd, "x", 1, 0, (const struct sockaddr*)&address, sizeof address));
}

static int Bind(long port) {
  const struct sockaddr_in address = Local(port);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  if (bind(fd, (const struct sockaddr*)&address, sizeof address) != 0) return errno;
  return Outcome(listen(fd, 1));
}
static int Listen(void) { return Bind(0); }
static int ListenLowPort(void) { return Bind(999); }

// "@name" in the abstract name space, or a path.
static int UnixConnect(const char* name, int abstract) {
  struct sockaddr_un address;
  if (name == NULL) return kNotAsked;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path + abstract, sizeof address.sun_path - 1, "%s", name);
  const socklen_t length =
      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(name));
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  return Outcome(connect(fd, (const struct sockaddr*)&address, length));
}
static int AbstractConnect(void) { return UnixConnect(Given("abstract"), 1); }
static int HiddenConnect(void) { return UnixConnect(Given("hidden_socket"), 0); }

static int AbstractListen(void) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  // Only the family: the kernel chooses an abstract name.
  if (bind(fd, (const struct sockaddr*)&address, sizeof address.sun_family) != 0) return errno;
  return Outcome(listen(fd, 1));
}

// With any socket that can be had: a filter on families alone would let a pair be used for it.
static int OnPair(unsigned long request, struct ifreq* what) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return errno;
  return Outcome(ioctl(pair[0], request, what));
}
static int InterfaceFlags(void) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, "lo", sizeof "lo");
  return OnPair(SIOCGIFFLAGS, &request);
}

static const struct Act kActs[] = {
    {"tcp_connect_to_host", TcpConnect},
    {"tcp_fast_open_to_host", FastOpen},
    {"udp_send_to_host", UdpSend},
    {"tcp_listen", Listen},
    {"tcp_listen_on_low_port", ListenLowPort},
    {"abstract_socket_connect", AbstractConnect},
    {"abstract_socket_listen", AbstractListen},
    {"hidden_socket_connect", HiddenConnect},
    {"interface_flags_by_socketpair", InterfaceFlags},
};
const struct Theme kNewSockets = THEME("new sockets", kActs);
