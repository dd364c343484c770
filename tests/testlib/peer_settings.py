# SPDX-License-Identifier: BSD-2-Clause
"""Settings of real servers that more than one test starts."""

PROFTPD_CONF = """ServerName "The gate"
ServerType inetd
DefaultAddress 127.0.0.1
User nobody
Group nogroup
UseReverseDNS off
WtmpLog off
ScoreboardFile none
TransferLog none
"""


def exim_conf(spool):
    """Without a name server."""
    return f"""primary_hostname = mail.example.org
spool_directory = {spool}
log_file_path = {spool}/%slog
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
"""
