// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/client_bio.h"

#include <linux/tcp.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "daemon/free_by.h"
#include "tests/daemon/connections.h"

namespace postern::daemon {
namespace {

using sandbox::sys::UniqueFd;
using Sent = ClientBio::Sent;

struct Wire {
  ConnectionEnds ends = UnixConnection();
  ClientBio wire{ends.far};
  std::unique_ptr<BIO, FreeBy<BIO_free>> bio{wire.Open()};

  // "", or why nothing was read.
  std::string Read(std::size_t room = 100) {
    std::string text(room, '\0');
    std::size_t count = 0;
    if (BIO_read_ex(bio.get(), text.data(), room, &count) == 1) return text.substr(0, count);
    if (BIO_should_read(bio.get()) != 0) return wire.cut_short() ? "<cut short>" : "<later>";
    return BIO_eof(bio.get()) != 0 ? "<end>" : "<failed>";
  }
  bool Write(const std::string& text, std::size_t& count) {
    return BIO_write_ex(bio.get(), text.data(), text.size(), &count) == 1;
  }
  void WriteAll(const std::string& text) {
    std::size_t count = 0;
    REQUIRE(Write(text, count));
    REQUIRE(count == text.size());
  }
};

TEST_CASE("what is written waits for the flush, and what is large does not") {
  Wire client;
  client.WriteAll("one ");
  client.WriteAll("two");
  CHECK(BIO_flush(client.bio.get()) == 1);  // of OpenSSL's own accord, after each message
  CHECK(client.wire.held() == 7);
  char byte = 0;
  CHECK(::recv(client.ends.near.get(), &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(client.wire.Flush() == Sent::kAll);
  CHECK(client.wire.held() == 0);
  CHECK(ReadExactly(client.ends.near, 7) == "one two");

  client.WriteAll("first ");
  const std::string large(20'000, 'x');
  client.WriteAll(large);
  CHECK(client.wire.held() == 0);
  CHECK(ReadExactly(client.ends.near, 6 + large.size()) == "first " + large);
}

TEST_CASE("large records share their segments, and nothing is kept back after the flush") {
  Wire client{.ends = TcpConnection()};
  const auto unsent = [&client] {
    tcp_info info{};
    socklen_t length = sizeof info;
    REQUIRE(::getsockopt(client.ends.far.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
    return info.tcpi_notsent_bytes;
  };
  const std::string large(10'000, 'x');
  client.WriteAll(large);
  client.WriteAll(large);
  CHECK(unsent() == 2 * large.size());
  CHECK(client.wire.Flush(/*more=*/true) == Sent::kAll);
  CHECK(unsent() == 2 * large.size());
  CHECK(client.wire.Flush() == Sent::kAll);
  CHECK(unsent() == 0);
  client.WriteAll(large);
  client.WriteAll("a word");
  CHECK(client.wire.Flush() == Sent::kAll);
  CHECK(unsent() == 0);
}

TEST_CASE("what is withheld waits for company, and what is written after that for nobody") {
  Wire client;
  client.WriteAll("a ticket");
  CHECK(client.wire.due());
  client.wire.Withhold();
  CHECK_FALSE(client.wire.due());
  client.WriteAll("!");
  CHECK(client.wire.due());
  CHECK(client.wire.Flush() == Sent::kAll);
  CHECK_FALSE(client.wire.due());

  client.WriteAll("a ticket");
  client.wire.Withhold();
  const std::string large(20'000, 'x');
  client.WriteAll(large);  // takes the ticket with it
  client.WriteAll("as large");
  CHECK(client.wire.due());
  CHECK(client.wire.Flush() == Sent::kAll);
  const std::string all = "a ticket!a ticket" + large + "as large";
  CHECK(ReadExactly(client.ends.near, all.size()) == all);
}

TEST_CASE("a client that does not read is waited for, and one that is gone is told of") {
  Wire client;
  const std::string piece(30'000, 'x');
  std::size_t sent = 0, count = 0;
  while (client.Write(piece, count)) sent += count;
  CHECK(BIO_should_write(client.bio.get()) != 0);
  client.WriteAll("held");
  CHECK(client.wire.Flush() == Sent::kSome);
  CHECK_FALSE(client.Write(std::string(4096, 'y'), count));
  CHECK(BIO_should_write(client.bio.get()) != 0);
  CHECK(client.wire.held() == 4);
  CHECK(ReadExactly(client.ends.near, sent).size() == sent);
  CHECK(client.wire.Flush() == Sent::kAll);
  CHECK(ReadExactly(client.ends.near, 4) == "held");

  client.WriteAll("held");
  client.ends.near.Reset();
  CHECK(client.wire.Flush() == Sent::kPeerGone);
  CHECK_FALSE(client.Write(piece, count));
  CHECK(BIO_should_retry(client.bio.get()) == 0);
}

TEST_CASE("a socket that gave less than was asked for is asked again when it may have more") {
  Wire client;
  client.wire.LetRead();
  CHECK(client.Read() == "<later>");
  Write(client.ends.near, "one");
  client.wire.LetRead();
  CHECK(client.Read() == "one");
  Write(client.ends.near, "two");
  CHECK(client.Read() == "<later>");
  client.wire.Refill();
  client.wire.LetRead();
  CHECK(client.Read(3) == "two");  // as much as there was room for
  client.ends.near.Reset();
  CHECK(client.Read() == "<end>");
  client.wire.LetRead();
  CHECK(client.Read() == "<end>");
}

TEST_CASE("OpenSSL is let read so often, whatever there is") {
  Wire client;
  Write(client.ends.near, "abcdef");
  client.wire.LetRead();
  CHECK(client.Read(1) == "a");
  CHECK(client.Read(1) == "b");
  CHECK(client.Read(1) == "<cut short>");
  CHECK(client.Read(1) == "<cut short>");
  client.wire.LetRead();
  CHECK_FALSE(client.wire.cut_short());
  CHECK(client.Read(1) == "c");
}

}  // namespace
}  // namespace postern::daemon
