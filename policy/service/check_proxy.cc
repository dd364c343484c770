// SPDX-License-Identifier: BSD-2-Clause
// Who may speak for others by a PROXY header, and whom a redirect tells of its clients.
// Part of service_check.h.
#include <algorithm>

#include "policy/service/service_check.h"
#include "policy/service/tcpd_line.h"

namespace postern::policy {

void ServiceCheck::CheckProxy() {
  CheckRedirectProxy();
  const auto& asked = settings_.proxy_protocol;
  if (!asked || *asked == ProxyProtocol::kOff) {
    if (Own(settings_.proxy_from.from)) {
      Warn("no-effect", At(settings_.proxy_from),
           "proxy_from has no effect without proxy_protocol = require");
    }
    return;
  }
  if (spec_.kind == ServiceKind::kTcpmux) {
    if (!Own(asked.from)) return;
    return Error("bad-combination", At(asked),
                 "the clients of a TCPMUX service come from tcpmux, which has read their header",
                 "write proxy_protocol in the service tcpmux");
  }
  const bool tcp = spec_.socket_type == SocketType::kStream && spec_.listen.family != Family::kUnix;
  if (!tcp || spec_.wait) {
    Error("bad-combination", At(asked),
          tcp ? "proxy_protocol = require needs wait = no: this server accepts connections itself"
              : "only TCP connections begin with a PROXY header",
          "proxy_protocol = off");
  }
  if (flags_.idonly) {
    Error("bad-combination", At(settings_.flags),
          "flag IDONLY: of a client behind a proxy no ident server could tell the user, so nobody "
          "would be served",
          "remove the flag");
  }
  if (runs_program() && IsTcpd(spec_.program.path)) {
    Error("bad-combination", At(settings_.server),
          "tcpd would judge the proxy, since it asks the kernel who is calling",
          "name the program behind tcpd: posternd follows the access rules by itself");
  }
  CheckProxies();
}

void ServiceCheck::CheckProxies() {
  if (!settings_.proxy_from || settings_.proxy_from->empty()) {
    return Error("missing-attribute", At(settings_.proxy_protocol),
                 "proxy_protocol = require needs proxy_from: nobody else may say who a client is",
                 "proxy_from = ADDRESS of the proxy");
  }
  spec_.proxy_from = Compile(settings_.proxy_from);
  for (const AddressWord& word : *settings_.proxy_from) {
    const Place place = At(settings_.proxy_from);
    if (word.kind == AddressWordKind::kHost || word.kind == AddressWordKind::kDomain) {
      Error("bad-value", place,
            "expected the address of a proxy, found the name \"" + word.text +
                "\": names are not looked up for proxies");
    } else if (std::ranges::any_of(word.blocks, &CidrBlock::holds_family) &&
               !WarnedBefore(settings_.proxy_from.from)) {
      Warn("proxy-from-everybody", place,
           "with " + word.text + " in proxy_from, whoever connects may say that he is anybody",
           "write the addresses of the proxies alone");
    }
  }
}

void ServiceCheck::CheckRedirectProxy() {
  if (!settings_.redirect_proxy) return;
  if (spec_.kind == ServiceKind::kRedirect) {
    spec_.redirect.proxy = *settings_.redirect_proxy;
  } else if (*settings_.redirect_proxy != RedirectProxy::kOff) {
    Error("bad-combination", At(settings_.redirect_proxy),
          "redirect_proxy needs redirect: nobody else is told of the client", "remove the line");
  }
}

}  // namespace postern::policy
