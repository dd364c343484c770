// SPDX-License-Identifier: BSD-2-Clause
// All that a proxy may say of a client and that is passed on, each of it as it has to be.
#pragma once

#include <string_view>

#include "policy/proxy/proxy_tlvs.h"

namespace postern::testlib {

inline policy::ProxyTlvs SampleTlvs() {
  policy::ProxyTlvs tlvs;
  tlvs.alpn = "http/1.1";
  tlvs.authority = "Mail_1.example.org";
  tlvs.unique_id = std::string_view("\0\n=\xff", 4);
  tlvs.ssl = policy::ProxySsl{.client = 7,
                              .verify = 0x01020304,
                              .version = "TLSv1.3",
                              .common_name = "Alice = \"A\", Inc.",
                              .cipher = "ECDHE-RSA-AES128-GCM-SHA256",
                              .signature_algorithm = "ecdsa-with-SHA256",
                              .key_algorithm = "EC256"};
  return tlvs;
}

}  // namespace postern::testlib
