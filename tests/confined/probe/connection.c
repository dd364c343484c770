// SPDX-License-Identifier: BSD-2-Clause
// Making more of the connection than a connection. An empty network namespace does not hold a
// socket that was inherited: it still belongs to the host's. The final acts take the connection
// away, so their outcome is told to whoever it leads to.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

static int Connect(long port) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(0, (const struct sockaddr*)&address, sizeof address);
}
static int Disconnect(void) {
  const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  return connect(0, &nowhere, sizeof nowhere);
}

// On a connection that stands, the kernel says EISCONN or EINVAL to who may make the call.
static int ConnectAgain(void) {
  if (Given("port") == NULL) return kNotAsked;
  return Permitted(Connect(GivenNumber("port")), EISCONN);
}
static int Listen(void) { return PermittedBy(listen(0, 1), EINVAL, EOPNOTSUPP); }
static int Accept(void) { return PermittedBy(accept(0, NULL, NULL), EINVAL, EOPNOTSUPP); }
static int Accept4(void) { return PermittedBy(accept4(0, NULL, NULL, 0), EINVAL, EOPNOTSUPP); }
static int Bind(void) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  return Permitted(bind(0, (const struct sockaddr*)&address, sizeof address), EINVAL);
}

static int ListInterfaces(void) {
  struct ifreq found[8];
  struct ifconf list = {.ifc_len = sizeof found, .ifc_req = found};
  if (ioctl(0, SIOCGIFCONF, &list) != 0) return errno;
  return list.ifc_len > 0 ? 0 : kNothing;
}
static struct ifreq Loopback(void) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, "lo", sizeof "lo");
  return request;
}
static int ReadFlags(void) {
  struct ifreq request = Loopback();
  return Outcome(ioctl(0, SIOCGIFFLAGS, &request));
}
static int SetFlags(void) {
  struct ifreq request = Loopback();
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return Outcome(ioctl(0, SIOCSIFFLAGS, &request));
}
static int SetFlagsHighBits(void) {
  struct ifreq request = Loopback();
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return Outcome(syscall(16 /* ioctl */, 0, 0xffffffff00000000UL | SIOCSIFFLAGS, &request));
}
// SIOCETHTOOL with a command that does not exist: EOPNOTSUPP comes after the check of rights.
static int Ethtool(void) {
  unsigned int command = 0xffff;
  struct ifreq request = Loopback();
  request.ifr_data = (char*)&command;
  return Permitted(ioctl(0, 0x8946, &request), EOPNOTSUPP);
}

static int Option(int level, int name, const void* value, socklen_t size) {
  return Outcome(setsockopt(0, level, name, value, size));
}
static int AttachFilter(void) {
  struct sock_filter accept_all[] = {{BPF_RET | BPF_K, 0, 0, 0xffffffff}};
  const struct sock_fprog program = {1, accept_all};
  return Option(SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
static int Mark(void) {
  const int mark = 0;
  return Option(SOL_SOCKET, SO_MARK, &mark, sizeof mark);
}
static int BindToDevice(void) { return Option(SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo"); }
static int Debug(void) {
  const int on = 1;
  return Option(SOL_SOCKET, SO_DEBUG, &on, sizeof on);
}
static int ForceBuffer(void) {
  const int size = 1 << 20;
  return Option(SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
}
static int Priority(void) {
  const int priority = 7;
  return Option(SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
}
static int Transparent(void) {
  const int on = 1;
  return Option(IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on);
}
static int Repair(void) {
  const int on = 1, off = -1;
  const int outcome = Option(IPPROTO_TCP, TCP_REPAIR, &on, sizeof on);
  if (outcome == 0) {
    Option(IPPROTO_TCP, TCP_REPAIR, &off, sizeof off);
    // It leaves the port unusable for who listens next.
    Option(SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return outcome;
}
static int FilterTable(void) {
  // IPT_SO_SET_REPLACE with nothing: EINVAL, or ENOPROTOOPT without the module, to who may.
  return PermittedBy(setsockopt(0, IPPROTO_IP, 64, "", 0), EINVAL, ENOPROTOOPT);
}
static int UpperProtocol(void) {
  // ENOENT: the kernel has none of that name, and would have taken one that it has.
  return Permitted(setsockopt(0, IPPROTO_TCP, TCP_ULP, "probe", sizeof "probe"), ENOENT);
}

// The message goes where the connection leads by now: the host's listener, when it was done.
static int Reconnect(void) {
  if (Given("port") == NULL) return kNotAsked;
  if (Disconnect() != 0) return errno;
  if (Connect(GivenNumber("port")) != 0) return errno;
  Say("%s", "final_reconnect reached the listener");
  return 0;
}
static int Relisten(void) {
  if (Disconnect() != 0) return errno;
  if (listen(0, 1) != 0) return errno;
  const int client = accept(0, NULL, NULL);
  if (client < 0) return errno;
  dup2(client, 1);
  Say("%s", "final_relisten serves a port of the host");
  return 0;
}

static const struct Act kActs[] = {
    {"connection_connect", ConnectAgain},
    {"connection_listen", Listen},
    {"connection_accept", Accept},
    {"connection_accept4", Accept4},
    {"connection_bind", Bind},
    {"connection_list_interfaces", ListInterfaces},
    {"connection_read_interface_flags", ReadFlags},
    {"connection_set_interface_flags", SetFlags},
    {"connection_set_interface_flags_high_bits", SetFlagsHighBits},
    {"connection_ethtool", Ethtool},
    {"connection_attach_filter", AttachFilter},
    {"connection_set_mark", Mark},
    {"connection_bind_to_device", BindToDevice},
    {"connection_set_debug", Debug},
    {"connection_force_buffer", ForceBuffer},
    {"connection_set_priority", Priority},
    {"connection_transparent", Transparent},
    {"connection_repair", Repair},
    {"connection_replace_filter_table", FilterTable},
    {"connection_upper_protocol", UpperProtocol},
    {"final_reconnect", Reconnect},
    {"final_relisten", Relisten},
};
const struct Theme kConnection = THEME("the connection", kActs);
