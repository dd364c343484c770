// SPDX-License-Identifier: BSD-2-Clause
// The PROXY header: read to its last byte and no further, told in binary, and only so long waited
// for; and the one that a redirect's backend gets.
#include "policy/proxy/proxy_header.h"
#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

using namespace std::string_literals;

const std::string kLine = "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r\n";
const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kBlock = "\xc0\0\x02\x07\xc6\x33\x64\x01\x9c\x41\0\x19"s;
const std::string kBinary = kSignature + "\x21\x11\0\x0c"s + kBlock;

void Ask(RelayUnderTest& relay, SessionId id, const ConnectionEnds& client) {
  AskProxy ask;
  ask.header.session = id;
  relay.Ask(ask, {client.far.get()});
}

AnswerProxy AnswerTo(const std::string& bytes) {
  RelayUnderTest relay;
  const ConnectionEnds client = TcpConnection();
  Ask(relay, 1, client);
  Write(client.near, bytes);
  EndWriting(client.near);
  return relay.Next<AnswerProxy>();
}

WireAddress V4(std::array<std::uint8_t, 4> octets, std::uint16_t port) {
  WireAddress wire;
  wire.bytes[10] = wire.bytes[11] = 0xff;
  std::copy(octets.begin(), octets.end(), wire.bytes.begin() + 12);
  wire.port = port;
  wire.is_v4 = 1;
  return wire;
}

bool Same(const WireAddress& a, const WireAddress& b) {
  return a.bytes == b.bytes && a.port == b.port && a.is_v4 == b.is_v4;
}

TEST_CASE("a header tells both ends, and what follows it is left for the service") {
  for (const std::string& header : {kLine, kBinary}) {
    RelayUnderTest relay;
    ConnectionEnds client = TcpConnection();
    Ask(relay, 7, client);
    Write(client.near, header + "EXTRA\r\nMORE");
    EndWriting(client.near);
    const auto answer = relay.Next<AnswerProxy>();
    CHECK(answer.header.session == 7);
    CHECK(answer.outcome == ProxyOutcome::kProxied);
    CHECK(Same(answer.source, V4({192, 0, 2, 7}, 40001)));
    CHECK(Same(answer.destination, V4({198, 51, 100, 1}, 25)));
    CHECK(Valid(answer));
    CHECK(ReadToEnd(client.far) == "EXTRA\r\nMORE");
  }
}

std::string Tlv(char type, const std::string& value) {
  return type +
         std::string{static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xff)} +
         value;
}

std::string WithVectors(const std::string& tlvs) {
  const std::size_t length = kBlock.size() + tlvs.size();
  return kSignature + "\x21\x11" +
         std::string{static_cast<char>(length >> 8), static_cast<char>(length & 0xff)} + kBlock +
         tlvs;
}

TEST_CASE("what the vectors of a header say is told with its addresses") {
  const std::string ssl = "\7\0\0\0\0"s + Tlv(0x21, "TLSv1.3") + Tlv(0x22, "alice") +
                          Tlv(0x23, "CIPHER") + Tlv(0x24, "SIGNATURE") + Tlv(0x25, "KEY");
  const auto answer = AnswerTo(WithVectors(Tlv(1, "h2") + Tlv(2, "a.test") + Tlv(5, "\0\xff"s) +
                                           Tlv(0x30, "blue") + Tlv(0x20, ssl)));
  CHECK(Valid(answer));
  const policy::ProxyTlvs told = ProxyTlvsOf(answer.tlvs);
  CHECK(told.alpn == "h2");
  CHECK(told.authority == "a.test");
  CHECK(told.unique_id == "\0\xff"s);
  CHECK(told.netns.empty());
  REQUIRE(told.ssl);
  CHECK((told.ssl->client == 7 && told.ssl->verify == 0));
  CHECK(told.ssl->version == "TLSv1.3");
  CHECK(told.ssl->common_name == "alice");
  CHECK(told.ssl->cipher == "CIPHER");
  CHECK(told.ssl->signature_algorithm == "SIGNATURE");
  CHECK(told.ssl->key_algorithm == "KEY");
}

TEST_CASE("what is not plain is left out, and the client is told all the same") {
  const std::string ssl = "\7\0\0\0\0"s + Tlv(0x21, "TLS\n") + Tlv(0x22, "al\nice") +
                          Tlv(0x23, std::string(65, 'c')) + Tlv(0x24, "a=b") + Tlv(0x25, "KEY");
  const auto answer = AnswerTo(
      WithVectors(Tlv(1, std::string(600, 'h')) + Tlv(2, "a.test\nPATH=/tmp") + Tlv(0x20, ssl)));
  CHECK(answer.outcome == ProxyOutcome::kProxied);
  CHECK(Valid(answer));
  policy::ProxyTlvs left;
  left.ssl.emplace();
  left.ssl->client = 7;
  left.ssl->key_algorithm = "KEY";
  CHECK(ProxyTlvsOf(answer.tlvs) == left);
}

TEST_CASE("vectors that do not add up are no header, and say nothing") {
  for (const std::string& tlvs :
       {Tlv(2, "a.test") + Tlv(2, "b.test"), Tlv(2, "a.test") + "\1\0\3h2"s,
        Tlv(2, "a.test") + Tlv(0x20, "\1\0\0\0\0\x21\0\x20TLSv1.3"s)}) {
    const auto answer = AnswerTo(WithVectors(tlvs));
    CHECK(answer.outcome == ProxyOutcome::kMalformed);
    CHECK(SaysNothing(answer.tlvs));
  }
}

TEST_CASE("an IPv6 client is told as one") {
  const auto answer = AnswerTo("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n");
  CHECK(answer.outcome == ProxyOutcome::kProxied);
  CHECK(answer.source.is_v4 == 0);
  CHECK(answer.source.bytes[0] == 0x20);
  CHECK(Valid(answer));
}

TEST_CASE("a header that comes in pieces is one header, and costs nothing meanwhile") {
  RelayUnderTest relay;
  const ConnectionEnds client = TcpConnection();
  Ask(relay, 1, client);
  for (std::size_t i = 0; i + 1 < kBinary.size(); ++i) {
    Write(client.near, kBinary.substr(i, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
  CHECK_FALSE(relay.Answers(0));
  Write(client.near, kBinary.substr(kBinary.size() - 1));
  CHECK(relay.Next<AnswerProxy>().outcome == ProxyOutcome::kProxied);
}

TEST_CASE("what is wrong is told by its kind, and no addresses with it") {
  struct Row {
    std::string bytes;
    ProxyOutcome outcome;
  };
  for (const Row& row :
       {Row{kSignature + "\x20\0\0\0"s, ProxyOutcome::kLocal},
        Row{"GET / HTTP/1.0\r\n", ProxyOutcome::kNoHeader},
        Row{"PROXY TCP4 192.0.2.7\r\n", ProxyOutcome::kMalformed},
        Row{"PROXY UNKNOWN" + std::string(200, ' '), ProxyOutcome::kTooLong},
        Row{kSignature + "\x21\x11\0\x13"s + kBlock + "\x03\0\x04"s + "abcd",
            ProxyOutcome::kChecksum},
        Row{"PROXY UNKNOWN\r\n", ProxyOutcome::kNoAddress}, Row{"", ProxyOutcome::kClosed},
        Row{kLine.substr(0, 20), ProxyOutcome::kClosed}}) {
    INFO(row.bytes);
    const auto answer = AnswerTo(row.bytes);
    CHECK(answer.outcome == row.outcome);
    CHECK(Same(answer.source, WireAddress()));
    CHECK(Same(answer.destination, WireAddress()));
  }
}

TEST_CASE("a client that resets is gone") {
  RelayUnderTest relay;
  ConnectionEnds client = TcpConnection();
  Ask(relay, 1, client);
  Write(client.near, "PROXY ");
  Reset(client.near);
  CHECK(relay.Next<AnswerProxy>().outcome == ProxyOutcome::kClosed);
}

TEST_CASE("a header that does not come is waited for until the deadline") {
  RelayUnderTest relay({.descriptors = 64, .proxy_header = std::chrono::milliseconds(200)});
  const ConnectionEnds silent = TcpConnection(), slow = TcpConnection();
  Ask(relay, 1, silent);
  Ask(relay, 2, slow);
  Write(slow.near, "PROXY ");
  CHECK(relay.Next<AnswerProxy>().outcome == ProxyOutcome::kLate);
  CHECK(relay.Next<AnswerProxy>().outcome == ProxyOutcome::kLate);
}

TEST_CASE("a session that is stopped, or for which there is no room, is done") {
  RelayUnderTest relay({.descriptors = 17});
  const ConnectionEnds first = TcpConnection(), second = TcpConnection();
  Ask(relay, 1, first);
  Ask(relay, 2, second);
  auto done = relay.Next<AnswerDone>();
  CHECK(done.header.session == 2);
  CHECK(done.outcome == Outcome::kNoCapacity);
  relay.Stop(1);
  done = relay.Next<AnswerDone>();
  CHECK(done.header.session == 1);
  CHECK(done.outcome == Outcome::kStopped);
}

AskRedirect RedirectTo(const UniqueFd& listener, std::uint32_t version) {
  AskRedirect ask;
  ask.header.session = 1;
  ask.address_count = 1;
  ask.addresses[0] = Wire(LocalName(listener));
  ask.proxy_version = version;
  ask.client = V4({192, 0, 2, 7}, 40001);
  ask.server = V4({198, 51, 100, 1}, 25);
  return ask;
}

TEST_CASE("a backend is told of the client before the client says anything") {
  for (const std::uint32_t version : {1U, 2U}) {
    RelayUnderTest relay;
    const UniqueFd listener = LoopbackListener();
    const ConnectionEnds client = TcpConnection();
    relay.Ask(RedirectTo(listener, version), {client.far.get()});
    const UniqueFd backend = AcceptOne(listener);
    const std::string header = version == 1 ? kLine : kBinary;
    CHECK(ReadExactly(backend, header.size()) == header);
    CHECK(Passes(client.near, "EHLO\r\n", backend));
    CHECK(Passes(backend, "250 ok\r\n", client.near));
  }
}

TEST_CASE("a header of its own does not count as the client's bytes") {
  RelayUnderTest relay;
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = TcpConnection();
  relay.Ask(RedirectTo(listener, 2), {client.far.get()});
  client.far.Reset();
  UniqueFd backend = AcceptOne(listener);
  Write(client.near, "EHLO\r\n");
  EndWriting(client.near);
  CHECK(ReadToEnd(backend) == kBinary + "EHLO\r\n");
  backend.Reset();
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kFinished);
  CHECK(done.bytes_in == 6);
}

TEST_CASE("a backend is told of the client's TLS, in version 2 alone") {
  for (const std::uint32_t version : {1U, 2U}) {
    RelayUnderTest relay;
    const UniqueFd listener = LoopbackListener();
    const ConnectionEnds client = TcpConnection();
    AskRedirect ask = RedirectTo(listener, version);
    ask.tlvs.authority.Set("a.test");
    ask.tlvs.unique_id.Set("\0\xff"s);
    ask.tlvs.client = 3;
    ask.tlvs.version.Set("TLSv1.3");
    ask.tlvs.common_name.Set("alice");
    relay.Ask(ask, {client.far.get()});
    const UniqueFd backend = AcceptOne(listener);
    Write(client.near, "EHLO\r\n");
    EndWriting(client.near);
    const std::string got = ReadToEnd(backend);
    if (version == 1) {
      CHECK(got == kLine + "EHLO\r\n");
      continue;
    }
    const auto parsed = policy::ParseProxyHeader(
        {reinterpret_cast<const std::uint8_t*>(got.data()), got.size() - 6});
    REQUIRE(parsed);
    CHECK(parsed->tlvs.authority == "a.test");
    CHECK(parsed->tlvs.unique_id == "\0\xff"s);
    REQUIRE(parsed->tlvs.ssl);
    CHECK(parsed->tlvs.ssl->client == 3);
    CHECK(parsed->tlvs.ssl->common_name == "alice");
    CHECK(parsed->tlvs.ssl->cipher.empty());
  }
}

TEST_CASE("a request for a header that cannot be is garbage") {
  const auto end_of = [](const AskRedirect& ask) {
    RelayUnderTest relay;
    const ConnectionEnds client = TcpConnection();
    relay.Ask(ask, {client.far.get()});
    return relay.AwaitEnd();
  };
  const UniqueFd listener = LoopbackListener();
  CHECK(end_of(RedirectTo(listener, 3)) == Relay::State::kGarbage);
  auto ask = RedirectTo(listener, 1);
  ask.client.is_v4 = 2;
  CHECK(end_of(ask) == Relay::State::kGarbage);
  ask = RedirectTo(listener, 2);
  ask.tlvs.cipher.Set("without TLS");
  CHECK(end_of(ask) == Relay::State::kGarbage);
  ask = RedirectTo(listener, 1);
  ask.server.bytes[0] = 1;
  CHECK(end_of(ask) == Relay::State::kGarbage);
}

TEST_CASE("an answer is valid when its outcome is known and its addresses are as they have to be") {
  AnswerProxy answer;
  for (std::uint32_t outcome = 0; outcome < 12; ++outcome) {
    answer.outcome = static_cast<ProxyOutcome>(outcome);
    CHECK(Valid(answer) == (outcome >= 1 && outcome <= 9));
  }
  answer.outcome = ProxyOutcome::kProxied;
  answer.source.is_v4 = 1;
  CHECK_FALSE(Valid(answer));
  answer.source = V4({192, 0, 2, 7}, 1);
  CHECK(Valid(answer));
  answer.outcome = ProxyOutcome::kLocal;
  CHECK_FALSE(Valid(answer));
  answer.outcome = ProxyOutcome::kProxied;
  answer.source.is_v4 = 0;  // an IPv4 address, told as one of IPv6
  CHECK_FALSE(Valid(answer));
  answer.source.is_v4 = 1;
  answer.destination.is_v4 = 2;
  CHECK_FALSE(Valid(answer));
}

TEST_CASE("vectors are told as they have to be, of a client that is named alone") {
  AnswerProxy answer;
  answer.outcome = ProxyOutcome::kProxied;
  answer.tlvs.authority.Set("a.test");
  CHECK(Valid(answer));
  answer.tlvs.authority.Set("a.test\nPATH=/tmp");
  CHECK_FALSE(Valid(answer));
  answer.tlvs.authority.Set("a.test");
  for (const auto outcome : {ProxyOutcome::kLocal, ProxyOutcome::kMalformed}) {
    answer.outcome = outcome;
    CHECK_FALSE(Valid(answer));
  }
}

}  // namespace
}  // namespace postern::daemon
