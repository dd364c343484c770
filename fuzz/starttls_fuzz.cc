// SPDX-License-Identifier: BSD-2-Clause
// The dialogue before STARTTLS: whatever both sides say, a client that must have TLS never gets
// past it, and nothing that is said behind STARTTLS reaches the service. Input: a byte for the
// protocol and whether TLS is required, then pieces: a byte (bit 7: from the service; else from the
// client) with the length in its other bits.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/tls/starttls.h"

namespace {

using postern::daemon::StartTlsDialogue;
using postern::daemon::WireStartTls;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool required = (data[0] & 8) != 0;
  StartTlsDialogue dialogue(WireStartTls{1U + data[0] % 4U}, required);
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  while (!input.empty()) {
    const auto head = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    const std::string_view piece = input.substr(0, head & 0x7f);
    input.remove_prefix(piece.size());
    const auto before = dialogue.state();
    if ((head & 0x80) != 0) {
      dialogue.FromService(piece);
    } else {
      dialogue.FromClient(piece);
    }
    Require(!required || dialogue.state() != StartTlsDialogue::State::kPasses);
    const bool upgraded = before == StartTlsDialogue::State::kUpgrades;
    Require(!upgraded || dialogue.to_service.empty());
    dialogue.to_service.clear();
    dialogue.to_client.clear();
  }
  return 0;
}
