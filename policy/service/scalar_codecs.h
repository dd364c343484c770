// SPDX-License-Identifier: BSD-2-Clause
// Codecs of the attributes that hold one value; the contract is in codec.h.
#pragma once

#include <cstdint>
#include <string>

#include "policy/service/codec.h"
#include "policy/service/settings.h"

namespace postern::policy {

#define POSTERN_CODEC(NAME, TYPE)                                         \
  struct NAME {                                                           \
    using Value = TYPE;                                                   \
    static Result<Value> Parse(Words words, const CodecContext& context); \
    static std::string Print(const Value& value);                         \
  }

POSTERN_CODEC(TextCodec, std::string);          // any one word
POSTERN_CODEC(PathCodec, std::string);          // an absolute path
POSTERN_CODEC(WrittenPathCodec, WrittenPath);   // the same, with its place
POSTERN_CODEC(AccountCodec, std::string);       // a user or group: a name, or an id that is no -1
POSTERN_CODEC(CountCodec, Limit);               // 0 … 2^31-1, or UNLIMITED
POSTERN_CODEC(SizeCodec, Limit);                // bytes with k, m, g; 0 allowed; or UNLIMITED
POSTERN_CODEC(NonzeroSizeCodec, Limit);         // the same without 0
POSTERN_CODEC(NonzeroCountCodec, Limit);        // 1 … 2^31-1, or UNLIMITED
POSTERN_CODEC(PortCodec, std::uint16_t);        // 1 … 65535
POSTERN_CODEC(Unsigned32Codec, std::uint32_t);  // 0 … 2^32-1
POSTERN_CODEC(OctalCodec, std::uint32_t);       // 0 … 0777
POSTERN_CODEC(NiceCodec, int);                  // -20 … 19
POSTERN_CODEC(OomScoreCodec, int);              // -1000 … 1000
POSTERN_CODEC(WorkersCodec, std::uint32_t);     // 1 … 64
POSTERN_CODEC(LoadCodec, double);               // finite, not 0
POSTERN_CODEC(RateCodec, ConnectionRate);       // RATE SECONDS
POSTERN_CODEC(SourceRateCodec, SourceRate);     // COUNT SECONDS
POSTERN_CODEC(DenyTimeCodec, Minutes);          // MINUTES, NEVER or FOREVER
POSTERN_CODEC(RpcVersionsCodec, RpcVersions);   // N or LOW-HIGH
POSTERN_CODEC(RedirectCodec, RedirectTarget);   // HOST PORT
POSTERN_CODEC(AccessTimesCodec, AccessTimes);   // H:MM-H:MM …
POSTERN_CODEC(ArgumentsCodec, Strings);         // words as they are

// Bytes with an optional k, m or g in either case; nullopt when it is no number or too large.
std::optional<std::uint64_t> ParseSize(std::string_view text);

#undef POSTERN_CODEC

}  // namespace postern::policy
