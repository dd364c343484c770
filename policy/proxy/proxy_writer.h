// SPDX-License-Identifier: BSD-2-Clause
// The PROXY header that is sent to whom a connection is passed on to. Pure.
//
// Source: haproxy's proxy-protocol.txt. What is written is what proxy_header.h reads back. Where
// one end is IPv4 and the other IPv6, the first is written in its mapped form (::ffff:a.b.c.d),
// since a header has one family.
#pragma once

#include <string>

#include "policy/proxy/proxy_header.h"

namespace postern::policy {

std::string WriteProxyLine(const ProxiedEnds& ends);  // version 1
// Version 2, with those of the vectors that are not empty.
std::string WriteProxyBinary(const ProxiedEnds& ends, const ProxyTlvs& tlvs = {});

}  // namespace postern::policy
