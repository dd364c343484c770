// SPDX-License-Identifier: BSD-2-Clause
// What of a PROXY header's vectors may be told further: to a program, in its environment, or to
// another proxy. Pure.
//
// A proxy is trusted with addresses, and its values are often its client's words. So each is told
// only when it is what its type says, in plain ASCII; what is not is left out, as a certificate's
// names are (daemon/tls/client_identity.h). Fuzzed by fuzz/proxy_header_fuzz.cc.
#pragma once

#include "policy/proxy/proxy_tlvs.h"

namespace postern::policy {

// The authority is a host name (host_name.h); versions, ciphers and algorithms are letters, digits,
// '-', '_' and '.'; ALPN and the common name are printable. The id is any bytes. There is no TLS
// without PP2_CLIENT_SSL, and no common name without a certificate; the name of a network namespace
// means nothing on another machine. Views of the same bytes.
ProxyTlvs PlainTlvs(const ProxyTlvs& tlvs);

}  // namespace postern::policy
