// SPDX-License-Identifier: BSD-2-Clause
// Where the gatekeeper gets what a decision hangs on.
#pragma once

#include "policy/hosts/request.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/access/settings.h"
#include "wrapper/lookup/lookup.h"

namespace postern::wrapper {

class FactSource {
 public:
  virtual ~FactSource() = default;
  // Writes the answer into the request. A fact that is left unasked becomes unknown.
  virtual void Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
                      RuleLog& log) = 0;
};

// Nothing is looked up: a tool, or a caller that told everything it knows.
class NoFacts : public FactSource {
 public:
  void Supply(const policy::hosts::Need&, policy::hosts::Request&, RuleLog&) override {}
};

// The two ends of a connection. An end that is not known has no address.
struct Connection {
  sandbox::sys::SocketAddress client;
  sandbox::sys::SocketAddress server;
  bool stream = true;  // ident knows stream connections only
};

// The request of a connection: printed addresses and ports, names and user not yet asked for.
policy::hosts::Request RequestOf(const Connection& connection, std::string_view daemon);

class ConnectionFacts : public FactSource {
 public:
  ConnectionFacts(const Connection& connection, Lookup& lookup, const Settings& settings)
      : connection_(connection), lookup_(lookup), settings_(settings) {}
  void Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
              RuleLog& log) override;

 private:
  policy::hosts::Fact NameOf(const sandbox::sys::SocketAddress& address, RuleLog& log);

  Connection connection_;
  Lookup& lookup_;
  const Settings& settings_;
};

}  // namespace postern::wrapper
