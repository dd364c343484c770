// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/starttls.h"

#include <catch2/catch.hpp>

namespace postern::daemon {
namespace {

using State = StartTlsDialogue::State;

struct Talk {
  StartTlsDialogue dialogue;
  explicit Talk(WireStartTls protocol, bool required = true) : dialogue(protocol, required) {}

  std::string Client(const std::string& bytes) {  // what goes to the service
    dialogue.FromClient(bytes);
    return std::exchange(dialogue.to_service, {});
  }
  std::string Service(const std::string& bytes) {  // what goes to the client
    dialogue.FromService(bytes);
    return std::exchange(dialogue.to_client, {});
  }
  std::string Answers() { return std::exchange(dialogue.to_client, {}); }
  State state() const { return dialogue.state(); }
};

TEST_CASE("SMTP: STARTTLS is offered, last and once, and taken") {
  Talk talk(WireStartTls::kSmtp);
  CHECK(talk.Service("220 mail ESMTP\r\n") == "220 mail ESMTP\r\n");
  CHECK(talk.Client("EHLO me\r\n") == "EHLO me\r\n");
  CHECK(talk.Service("250-mail\r\n250-STARTTLS\r\n250 SI") == "250-mail\r\n");
  CHECK(talk.Service("ZE\r\n") == "250-SIZE\r\n250 STARTTLS\r\n");
  CHECK(talk.Client("MAIL FROM:<a@b>\r\n").empty());
  CHECK(talk.Answers().starts_with("530 "));
  CHECK(talk.Client("starttls\r\n").empty());
  CHECK(talk.Answers() == "220 2.0.0 Ready to start TLS\r\n");
  CHECK(talk.state() == State::kUpgrades);
}

TEST_CASE("SMTP: answers of one line, and refusals of EHLO") {
  Talk talk(WireStartTls::kSmtp);
  talk.Service("220 mail\r\n");
  talk.Client("EHLO me\r\n");
  CHECK(talk.Service("250 mail\r\n") == "250-mail\r\n250 STARTTLS\r\n");
  talk.Client("EHLO me\r\n");
  CHECK(talk.Service("502 no\r\n") == "502 no\r\n");
  CHECK(talk.Client("HELO me\r\n") == "HELO me\r\n");
  CHECK(talk.Service("250 mail\r\n") == "250 mail\r\n");
}

TEST_CASE("what the service says behind the last answer is kept for the inside of TLS") {
  Talk at_once(WireStartTls::kImap), in_pieces(WireStartTls::kImap);
  at_once.Service("* OK hi\r\n");
  at_once.Client("a NOOP\r\nb STARTTLS\r\n");
  CHECK(at_once.Service("a OK done\r\n* BYE\r\n") ==
        "a OK done\r\nb OK Begin TLS negotiation now\r\n");
  CHECK(at_once.state() == State::kUpgrades);
  CHECK(at_once.dialogue.TakeUnsaid() == "* BYE\r\n");
  in_pieces.Service("* OK hi\r\n* BY");
  in_pieces.Client("b STARTTLS\r\n");
  CHECK(in_pieces.Service("E\r\n").find("BYE") == std::string::npos);
  CHECK(in_pieces.dialogue.TakeUnsaid() == "* BYE\r\n");
}

TEST_CASE("what is sent behind STARTTLS ends the connection, whenever it comes") {
  Talk together(WireStartTls::kSmtp), later(WireStartTls::kSmtp);
  together.Service("220 mail\r\n");
  together.Client("STARTTLS\r\nMAIL FROM:<a@b>\r\n");
  CHECK(together.state() == State::kBroken);
  later.Service("220 mail\r\n");
  later.Client("STARTTLS\r\n");
  CHECK(later.state() == State::kUpgrades);
  later.Client("x");
  CHECK(later.state() == State::kBroken);
}

TEST_CASE("commands go on one by one, each when the last is answered") {
  Talk talk(WireStartTls::kSmtp);
  CHECK(talk.Client("NOOP\r\nEHLO me\r\nSTARTTLS\r\n").empty());  // before the greeting
  talk.dialogue.FromService("220 mail\r\n");
  CHECK(std::exchange(talk.dialogue.to_service, {}) == "NOOP\r\n");
  talk.dialogue.FromService("250 ok\r\n");
  CHECK(std::exchange(talk.dialogue.to_service, {}) == "EHLO me\r\n");
  CHECK(talk.state() == State::kTalks);
  talk.dialogue.FromService("250 mail\r\n");
  CHECK(talk.Answers() ==
        "220 mail\r\n250 ok\r\n250-mail\r\n250 STARTTLS\r\n220 2.0.0 Ready to start TLS\r\n");
  CHECK(talk.state() == State::kUpgrades);
}

TEST_CASE("where TLS is not required, the first other command goes on, and TLS is over") {
  Talk talk(WireStartTls::kSmtp, /*required=*/false);
  talk.Service("220 mail\r\n");
  CHECK(talk.Client("MAIL FROM:<a@b>\r\nSTARTTLS\r\n") == "MAIL FROM:<a@b>\r\nSTARTTLS\r\n");
  CHECK(talk.state() == State::kPasses);
  CHECK(talk.Service("250 half a li") == "250 half a li");
  CHECK(talk.Client("bytes") == "bytes");
}

TEST_CASE("IMAP: tags, capabilities wherever they stand, literals") {
  Talk talk(WireStartTls::kImap);
  CHECK(talk.Service("* OK [CAPABILITY IMAP4rev1] hi\r\n") ==
        "* OK [CAPABILITY STARTTLS LOGINDISABLED IMAP4rev1] hi\r\n");
  CHECK(talk.Client("a1 CAPABILITY\r\n") == "a1 CAPABILITY\r\n");
  CHECK(talk.Service("* CAPABILITY IMAP4rev1\r\n") ==
        "* CAPABILITY STARTTLS LOGINDISABLED IMAP4rev1\r\n");
  CHECK(talk.Client("a2 LOGIN u p\r\n").empty());  // a1 has no answer yet
  CHECK(talk.Service("a1 OK\r\n") == "a1 OK\r\na2 BAD STARTTLS comes first\r\n");
  CHECK(talk.Client("a3 NOOP {5}\r\n").empty());
  CHECK(talk.Answers().starts_with("a3 BAD"));
  talk.Client("a4 starttls\r\n");
  CHECK(talk.Answers() == "a4 OK Begin TLS negotiation now\r\n");
}

TEST_CASE("a command that another program could read as two does not reach the service") {
  Talk smtp(WireStartTls::kSmtp);
  smtp.Service("220 mail\r\n");
  const std::string commands[] = {"EHLO me\rMAIL FROM:<a@b>\r\n", "NOOP\r\r\n",
                                  std::string("NOOP\0QUIT\r\n", 11), "NOOP \x7f\r\n"};
  for (const std::string& command : commands) {
    CAPTURE(command);
    CHECK(smtp.Client(command).empty());
    CHECK(smtp.Answers().starts_with("530 "));
  }
  CHECK(smtp.Client("NOOP a\tb\n") == "NOOP a\tb\n");
  Talk plain(WireStartTls::kSmtp, /*required=*/false);
  plain.Service("220 mail\r\n");
  plain.Client("NOOP\rMAIL FROM:<a@b>\r\n");
  CHECK(plain.state() == State::kPasses);
}

TEST_CASE("IMAP: what is no tag is not waited for, and starts nothing") {
  for (const char* tag : {"*", "+", "a*", "(", "\"a", "a\\", "{3}", "%"}) {
    CAPTURE(tag);
    Talk talk(WireStartTls::kImap);
    talk.Service("* OK hi\r\n");
    CHECK(talk.Client(std::string(tag) + " NOOP\r\n").empty());
    CHECK(talk.Answers().starts_with("* BAD"));
    CHECK(talk.Client(std::string(tag) + " STARTTLS\r\n").empty());
    CHECK(talk.state() == State::kTalks);
  }
}

TEST_CASE("what a service says unasked does not keep a client from going on") {
  Talk imap(WireStartTls::kImap);
  imap.Service("* OK hi\r\n");
  imap.Client("a1 NOOP\r\n");
  imap.Service("a1 OK\r\n");
  CHECK(imap.Service("* OK still here\r\n") == "* OK still here\r\n");
  imap.Client("a2 STARTTLS\r\n");
  CHECK(imap.state() == State::kUpgrades);
}

TEST_CASE("POP3: CAPA has many lines, the rest one") {
  Talk talk(WireStartTls::kPop3);
  talk.Service("+OK hi\r\n");
  CHECK(talk.Client("CAPA\r\n") == "CAPA\r\n");
  CHECK(talk.Service("+OK\r\nTOP\r\nSTLS\r\n.\r\n") == "+OK\r\nTOP\r\nSTLS\r\n.\r\n");
  CHECK(talk.Client("USER u\r\n").empty());
  CHECK(talk.Answers() == "-ERR STLS comes first\r\n");
  talk.Client("CAPA\r\n");
  CHECK(talk.Service("-ERR what\r\n") == "-ERR what\r\n");
  talk.Client("STLS\r\n");
  CHECK(talk.Answers().starts_with("+OK"));
  CHECK(talk.state() == State::kUpgrades);
}

TEST_CASE("FTP: FEAT and AUTH TLS, in lines without numbers") {
  Talk talk(WireStartTls::kFtp);
  talk.Service("220-long\r\n greeting\r\n220 hi\r\n");
  CHECK(talk.Client("FEAT\r\n") == "FEAT\r\n");
  CHECK(talk.Service("211-Features:\r\n PASV\r\n211 End\r\n") ==
        "211-Features:\r\n PASV\r\n AUTH TLS\r\n211 End\r\n");
  CHECK(talk.Client("NOOP\r\nFEAT\r\n") == "NOOP\r\n");
  talk.Service("200-wait\r\n226 not the end\r\n");
  CHECK(talk.Client("").empty());
  talk.Service("200 done\r\n");
  CHECK(talk.Client("") == "FEAT\r\n");
  talk.Service("500 no\r\n");
  CHECK(talk.Client("AUTH KERBEROS\r\n").empty());
  CHECK(talk.Answers().starts_with("530"));
  talk.Client("AUTH TLS\r\n");
  CHECK(talk.Answers().starts_with("234"));
}

TEST_CASE("a line without end is not waited for for ever") {
  Talk client(WireStartTls::kSmtp), service(WireStartTls::kSmtp);
  client.Service("220 hi\r\n");
  client.Client(std::string(StartTlsDialogue::kLongestLine + 1, 'x'));
  CHECK(client.state() == State::kBroken);
  service.Service(std::string(StartTlsDialogue::kLongestLine + 1, 'x'));
  CHECK(service.state() == State::kBroken);
}

}  // namespace
}  // namespace postern::daemon
