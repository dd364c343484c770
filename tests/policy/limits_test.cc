// SPDX-License-Identifier: BSD-2-Clause
// ServiceLimits: counts of running servers, cps, and cps_per_source under attack.
#include "policy/decision/limits.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

using Arrival = ServiceLimits::Arrival;
using std::chrono::seconds;

const std::optional<IpAddress> kClient = IpAddress::Parse("192.0.2.1");
const std::optional<IpAddress> kOther = IpAddress::Parse("192.0.2.2");

ServiceSpec WithCps(std::uint32_t rate) {
  ServiceSpec spec;
  spec.cps = {.rate = rate, .wait = 10, .period = 1};
  return spec;
}

ServiceSpec WithSourceRate(std::uint32_t count, std::uint32_t period) {
  ServiceSpec spec = WithCps(0);
  spec.cps_per_source = SourceRate{.count = count, .seconds = period};
  return spec;
}

std::optional<IpAddress> Nth(std::uint32_t n) { return IpAddress::FromV4(0x0b000000 + n); }

// How many of `arrivals` from `source` at `now` are within all limits.
int Admitted(ServiceLimits& limits, const ServiceSpec& spec, const std::optional<IpAddress>& source,
             Instant now, int arrivals) {
  int within = 0;
  for (int i = 0; i < arrivals; ++i) within += limits.Arrive(spec, source, now) == Arrival::kWithin;
  return within;
}

TEST_CASE("cps = 3 stops at the fourth arrival of a second (case 48)") {
  ServiceLimits limits;
  const ServiceSpec spec = WithCps(3);
  CHECK(Admitted(limits, spec, kClient, Instant(0), 3) == 3);
  CHECK(limits.Arrive(spec, kClient, Instant(999)) == Arrival::kOverRate);
  CHECK(limits.Arrive(spec, kClient, Instant(999)) == Arrival::kWithin);  // a new window
}

TEST_CASE("the default cps stops at the 51st arrival (case 48)") {
  ServiceLimits limits;
  const ServiceSpec spec;
  CHECK(Admitted(limits, spec, kClient, Instant(0), 50) == 50);
  CHECK(limits.Arrive(spec, kClient, Instant(0)) == Arrival::kOverRate);
}

TEST_CASE("a rate of zero is no limit (case 48)") {
  ServiceLimits limits;
  CHECK(Admitted(limits, WithCps(0), kClient, Instant(0), 1000) == 1000);
}

TEST_CASE("arrivals that keep within the rate go on for ever") {
  ServiceLimits limits;
  const ServiceSpec spec = WithCps(3);
  for (int second = 0; second < 100; ++second) {
    REQUIRE(Admitted(limits, spec, kClient, seconds(second), 3) == 3);
  }
}

TEST_CASE("an inetd.conf limit counts over a minute") {
  ServiceLimits limits;
  ServiceSpec spec = WithCps(4);
  spec.cps.period = 60;
  CHECK(Admitted(limits, spec, kClient, seconds(0), 2) == 2);
  CHECK(Admitted(limits, spec, kClient, seconds(59), 2) == 2);
  CHECK(limits.Arrive(spec, kClient, seconds(59)) == Arrival::kOverRate);
}

TEST_CASE("running servers are counted by source and in all (cases 46, 47)") {
  ServiceLimits limits;
  limits.Started(kClient);
  limits.Started(kClient);
  limits.Started(kOther);
  limits.Started(std::nullopt);
  CHECK(limits.running() == 4);
  CHECK(limits.running_from(kClient) == 2);
  CHECK(limits.running_from(kOther) == 1);
  CHECK(limits.running_from(std::nullopt) == 1);
  CHECK(limits.running_from(Nth(1)) == 0);
  limits.Finished(kClient);
  CHECK(limits.running() == 3);
  CHECK(limits.running_from(kClient) == 1);
}

TEST_CASE("exceeding the rate leaves the count of running servers alone (case 49)") {
  ServiceLimits limits;
  const ServiceSpec spec = WithCps(3);
  for (int i = 0; i < 3; ++i) limits.Started(kClient);
  while (limits.Arrive(spec, kClient, Instant(0)) != Arrival::kOverRate) continue;
  CHECK(limits.running() == 3);
  CHECK(limits.running_from(kClient) == 3);
}

TEST_CASE("an end without a start changes nothing") {
  ServiceLimits limits;
  limits.Finished(kClient);
  CHECK(limits.running() == 0);
  limits.Started(kOther);
  limits.Finished(kClient);
  CHECK(limits.running() == 1);
}

TEST_CASE("one source over its rate is refused and the others are not") {
  ServiceLimits limits;
  const ServiceSpec spec = WithSourceRate(2, 10);
  CHECK(Admitted(limits, spec, kClient, Instant(0), 5) == 2);
  CHECK(limits.Arrive(spec, kClient, seconds(9)) == Arrival::kOverSourceRate);
  CHECK(Admitted(limits, spec, kOther, Instant(0), 2) == 2);
  CHECK(Admitted(limits, spec, kClient, seconds(10), 5) == 2);
}

TEST_CASE("what cps_per_source refuses does not count towards cps") {
  ServiceLimits limits;
  ServiceSpec spec = WithSourceRate(2, 10);
  spec.cps.rate = 4;
  CHECK(Admitted(limits, spec, kClient, Instant(0), 1000) == 2);
  CHECK(Admitted(limits, spec, kOther, Instant(0), 2) == 2);
  CHECK(limits.Arrive(spec, Nth(1), Instant(0)) == Arrival::kOverRate);
}

TEST_CASE("an IPv6 source is its /64, an IPv4 source one address") {
  ServiceLimits limits;
  const ServiceSpec spec = WithSourceRate(1, 10);
  CHECK(Admitted(limits, spec, IpAddress::Parse("2001:db8::1"), Instant(0), 1) == 1);
  CHECK(Admitted(limits, spec, IpAddress::Parse("2001:db8::ffff:2"), Instant(0), 1) == 0);
  CHECK(Admitted(limits, spec, IpAddress::Parse("2001:db8:0:1::1"), Instant(0), 1) == 1);
  CHECK(Admitted(limits, spec, kClient, Instant(0), 1) == 1);
  CHECK(Admitted(limits, spec, kOther, Instant(0), 1) == 1);
}

TEST_CASE("sources without a known address share one count") {
  ServiceLimits limits;
  const ServiceSpec spec = WithSourceRate(1, 10);
  CHECK(Admitted(limits, spec, std::nullopt, Instant(0), 3) == 1);
}

TEST_CASE("a flood of sources does not free one that is being refused") {
  ServiceLimits limits;
  const ServiceSpec spec = WithSourceRate(1, 1000);
  CHECK(Admitted(limits, spec, kClient, Instant(0), 2) == 1);
  for (std::uint32_t i = 0; i < 3 * SourceRates::kMaxSources; ++i) {
    REQUIRE(limits.Arrive(spec, Nth(i), Instant(1)) == Arrival::kWithin);
  }
  CHECK(limits.Arrive(spec, kClient, Instant(2)) == Arrival::kOverSourceRate);
}

TEST_CASE("to be forgotten while within the rate takes as many other sources as are remembered") {
  ServiceLimits limits;
  const ServiceSpec spec = WithSourceRate(1, 1000);
  CHECK(Admitted(limits, spec, kClient, Instant(0), 1) == 1);
  for (std::uint32_t i = 0; i + 1 < SourceRates::kMaxSources; ++i) {
    limits.Arrive(spec, Nth(i), Instant(1));
  }
  CHECK(limits.Arrive(spec, kClient, Instant(2)) == Arrival::kOverSourceRate);
}

TEST_CASE("a window of no seconds is one of a second") {
  ServiceLimits limits;
  CHECK(Admitted(limits, WithSourceRate(1, 0), kClient, Instant(0), 3) == 1);
  CHECK(Admitted(limits, WithSourceRate(1, 0), kClient, Instant(1000), 3) == 1);
}

TEST_CASE("memory for sources is bounded and given back") {
  SourceRates rates;
  const SourceRate rate{.count = 1, .seconds = 1};
  for (std::uint32_t i = 0; i < 2 * SourceRates::kMaxSources; ++i) {
    rates.Arrive(Nth(i), rate, Instant(0));
    rates.Arrive(Nth(i), rate, Instant(0));  // every source is over its rate
  }
  CHECK(rates.size() == SourceRates::kMaxSources);
  for (int i = 0; i < 40'000; ++i) rates.Arrive(kClient, rate, seconds(5));
  CHECK(rates.size() == 1);
}

TEST_CASE("a reload that takes cps_per_source away forgets the sources") {
  ServiceLimits limits;
  CHECK(Admitted(limits, WithSourceRate(1, 1000), kClient, Instant(0), 2) == 1);
  CHECK(Admitted(limits, WithCps(0), kClient, Instant(0), 2) == 2);
  CHECK(Admitted(limits, WithSourceRate(1, 1000), kClient, Instant(0), 2) == 1);
}

}  // namespace
}  // namespace postern::policy
