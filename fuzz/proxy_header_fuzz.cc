// SPDX-License-Identifier: BSD-2-Clause
// The PROXY header (policy/proxy/proxy_header.h): however it is cut into pieces, the same header or
// the same fault comes out, and not one byte after it is taken. Who was read can be written, and is
// read back. What may be told further is of the header, and plain.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "policy/proxy/plain_tlvs.h"
#include "policy/proxy/proxy_header.h"
#include "policy/proxy/proxy_writer.h"

namespace {

using postern::policy::kMaxProxyHeader;
using postern::policy::ParseProxyHeader;
using postern::policy::ProxiedEnds;
using postern::policy::ProxyHeaderReader;
using postern::policy::ProxyTlvs;
using Bytes = std::span<const std::uint8_t>;
using State = ProxyHeaderReader::State;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::size_t Feed(ProxyHeaderReader& reader, Bytes bytes, std::size_t piece) {
  std::size_t taken = 0;
  while (reader.state() == State::kOpen && taken < bytes.size()) {
    const std::size_t added =
        reader.Add(bytes.subspan(taken, std::min(piece, bytes.size() - taken)));
    Require(added > 0 && added <= piece);
    taken += added;
  }
  return taken;
}

void RequireRoundTrip(const ProxiedEnds& ends, const ProxyTlvs& tlvs) {
  for (const std::string& header :
       {postern::policy::WriteProxyLine(ends), postern::policy::WriteProxyBinary(ends, tlvs)}) {
    const auto parsed =
        ParseProxyHeader({reinterpret_cast<const std::uint8_t*>(header.data()), header.size()});
    Require(parsed && parsed->ends == ends);
    Require(parsed->tlvs == (header.starts_with("PROXY") ? ProxyTlvs() : tlvs));
  }
}

// Of `said`, or nothing.
void RequirePrintable(std::string_view told, std::string_view said) {
  Require(told.empty() || told == said);
  for (const char byte : told) Require(byte >= ' ' && byte <= '~');
}

void RequireWord(std::string_view told, std::string_view said) {
  RequirePrintable(told, said);
  Require(told.find_first_of(" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~") == std::string_view::npos);
}

void RequirePlain(const ProxyTlvs& said) {
  const ProxyTlvs told = postern::policy::PlainTlvs(said);
  Require(postern::policy::PlainTlvs(told) == told);
  RequirePrintable(told.alpn, said.alpn);
  RequireWord(told.authority, said.authority);
  Require(told.unique_id == said.unique_id && told.unique_id.size() <= 128 && told.netns.empty());
  if (!told.ssl) return;
  Require(said.ssl && (said.ssl->client & 1) != 0 && told.ssl->verify == said.ssl->verify);
  Require(told.ssl->common_name.empty() || (said.ssl->client & 6) != 0);
  RequirePrintable(told.ssl->common_name, said.ssl->common_name);
  RequireWord(told.ssl->version, said.ssl->version);
  RequireWord(told.ssl->cipher, said.ssl->cipher);
  RequireWord(told.ssl->signature_algorithm, said.ssl->signature_algorithm);
  RequireWord(told.ssl->key_algorithm, said.ssl->key_algorithm);
}

}  // namespace

// The first byte is the length of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  ProxyHeaderReader whole, pieces;
  const std::size_t taken = Feed(whole, bytes, kMaxProxyHeader);
  const std::size_t taken_in_pieces = Feed(pieces, bytes, std::max<std::size_t>(data[0], 1));
  Require(taken <= kMaxProxyHeader && whole.state() == pieces.state());
  // Of what is no header, a larger piece shows more at once.
  Require(taken_in_pieces == taken || (whole.state() == State::kBad && taken_in_pieces < taken));
  Require((whole.state() == State::kOpen) == (whole.room() != 0));
  if (whole.state() == State::kOpen) Require(taken == bytes.size());
  if (whole.state() == State::kBad) Require(whole.fault() == pieces.fault());
  // A header in one piece, with nothing before or behind it, is the same one.
  const auto parsed = ParseProxyHeader(bytes.first(taken));
  Require(parsed.has_value() == (whole.state() == State::kComplete));
  if (!parsed) return 0;
  Require(parsed->ends == whole.header().ends && parsed->ends == pieces.header().ends);
  if (parsed->ends) RequireRoundTrip(*parsed->ends, parsed->tlvs);
  RequirePlain(parsed->tlvs);
  return 0;
}
