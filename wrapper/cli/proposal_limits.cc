// SPDX-License-Identifier: BSD-2-Clause
// Which limits, and the proposal as a whole: part of proposal.h.
#include <algorithm>
#include <bit>

#include "wrapper/cli/proposal.h"

namespace postern::cli {
namespace {

constexpr std::uint64_t kKib = 1024, kMib = 1024 * kKib;
constexpr std::uint64_t kFewestDescriptors = 16, kLeastMemory = 16 * kMib, kLeastFile = 64 * kKib;
constexpr std::uint64_t kFewestSeconds = 10, kFewestTasks = 16;
// What a learner may tell at most; doubling it does not overflow.
constexpr std::uint64_t kMost = std::uint64_t{1} << 50;

// Twice as much, up to the next power of two.
std::uint64_t Roomy(std::uint64_t measured, std::uint64_t least) {
  return std::max(least, std::bit_ceil(2 * std::min(measured, kMost)));
}

std::string Bytes(std::uint64_t bytes) {
  if (bytes != 0 && bytes % kMib == 0) return std::to_string(bytes / kMib) + "M";
  if (bytes != 0 && bytes % kKib == 0) return std::to_string(bytes / kKib) + "K";
  return std::to_string(bytes);
}

}  // namespace

void ProposeLimits(const sandbox::Learned& learned, Proposal& proposal) {
  const sandbox::Peaks& peaks = learned.peaks;
  const std::uint64_t address = std::min(peaks.address_kib, kMost / kKib) * kKib;
  auto& limits = proposal.limits;
  limits.push_back({"rlimit_files", std::to_string(Roomy(peaks.descriptors, kFewestDescriptors)),
                    "descriptors up to " + std::to_string(peaks.descriptors)});
  limits.push_back({"rlimit_as", Bytes(Roomy(address, kLeastMemory)),
                    std::to_string(peaks.address_kib) + " KiB of addresses, " +
                        std::to_string(peaks.resident_kib) + " KiB resident"});
  if (peaks.file_bytes == 0) {
    limits.push_back({"rlimit_fsize", "0", "no file was written"});
  } else {
    limits.push_back({"rlimit_fsize", Bytes(Roomy(peaks.file_bytes, kLeastFile)),
                      "a file of " + std::to_string(peaks.file_bytes) + " bytes was written"});
  }
  const std::uint64_t seconds = std::min(peaks.cpu_ms, kMost) * 2 / 1000 + 1;
  limits.push_back({"rlimit_cpu", std::to_string(std::max(seconds, kFewestSeconds)),
                    std::to_string(peaks.cpu_ms) + " ms of CPU time"});
  limits.push_back({"rlimit_nproc", std::to_string(Roomy(peaks.tasks, kFewestTasks)),
                    std::to_string(peaks.tasks) +
                        " at one time, of all connections together; this counts everything that "
                        "the user runs",
                    /*as_comment=*/true});
}

Proposal Propose(const sandbox::Learned& learned, const Subject& subject, const Exists& exists) {
  Proposal proposal;
  ProposeCalls(learned, subject, proposal);
  ProposeFiles(learned, subject, exists, proposal);
  ProposeLimits(learned, proposal);
  return proposal;
}

}  // namespace postern::cli
