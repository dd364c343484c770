// SPDX-License-Identifier: BSD-2-Clause
// Sessions that are resumed, and those that are not.
#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

TEST_CASE("a session is resumed by its ticket, without a signature") {
  OneService tls;
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client(version);
  KeptSession kept;
  for (SessionId id = 1; id <= 3; ++id) {
    const UniqueFd far = client.Open();
    client.Resume(kept);
    const UniqueFd program = tls.Begin(id, 1, far);
    CAPTURE(version, id);
    CHECK(tls.Shake(client).resumed == (id == 1 ? 0 : 1));
    kept = tls.EndWithTicket(client, program);
  }
}

TEST_CASE("under another name a session is not resumed: RFC 6066 section 3") {
  OneService tls({.certificate = {.names = {"DNS:*.b.test"}}});
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client(version);
  KeptSession first;
  SessionId id = 0;
  const auto resumed = [&](const char* host) {
    const UniqueFd far = client.Open();
    client.Name(host);
    client.Resume(first);
    const UniqueFd program = tls.Begin(++id, 1, far);
    const auto handshake = tls.Shake(client);
    CHECK(TextOf(handshake.server_name.data(), handshake.server_name_length) ==
          (host == nullptr ? "" : host));
    KeptSession kept = tls.EndWithTicket(client, program);
    if (!first) first = std::move(kept);
    return handshake.resumed == 1;
  };
  CAPTURE(version);
  CHECK_FALSE(resumed("a.b.test"));
  CHECK(resumed("a.b.test"));
  CHECK_FALSE(resumed("c.b.test"));
  CHECK_FALSE(resumed(nullptr));
}

}  // namespace
}  // namespace postern::daemon
