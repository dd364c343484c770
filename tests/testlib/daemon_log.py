# SPDX-License-Identifier: BSD-2-Clause
"""Reads the two kinds of log that xinetd and posternd write (xinetd.log(5)) into comparable values.

Service log:  `26/11/23@05:09:20: START: echo pid=7 from=127.0.0.1`
Program log:  `26/11/23@05:09:20 xinetd[7]: WARNING: text`
"""
import dataclasses
import re

_SERVICE_LINE = re.compile(r"^(?P<time>\d\d/\d+/\d+@\d\d:\d\d:\d\d): (?P<kind>[A-Z]+): (?P<rest>.*)$")
_PROGRAM_LINE = re.compile(
    r"^(?P<time>\d\d/\d+/\d+@\d\d:\d\d:\d\d) (?P<program>[\w-]+)\[(?P<pid>\d+)\]: (?P<level>[A-Z]+): (?P<text>.*)$")
_FIELD = re.compile(r"^(status|signal|pid|from|duration|in|out)=(.*)$")
_MAPPED = re.compile(r"::ffff:(?=\d+\.\d+\.\d+\.\d+)")


@dataclasses.dataclass(frozen=True)
class Record:
    """One line of a service log. `reason` is the text between the id and the first field."""
    kind: str
    id: str
    reason: str
    fields: dict
    raw: str

    def normalised(self):
        """What two daemons can be compared by: without pids and durations, IPv4 addresses in their plain form."""
        kept = [f"{name}={value}" for name, value in self.fields.items() if name not in ("pid", "duration")]
        return _MAPPED.sub("", " ".join(filter(None, [self.kind, self.id, self.reason, *kept])))


@dataclasses.dataclass(frozen=True)
class Message:
    """One line of the daemon's own log."""
    level: str
    text: str
    raw: str


def _record(line):
    match = _SERVICE_LINE.match(line)
    if not match:
        return Record("UNPARSED", "", line, {}, line)
    words = match["rest"].split(" ")
    fields, reason = {}, []
    for word in words[1:]:
        field = _FIELD.match(word)
        if field:
            fields[field[1]] = field[2]
        elif fields:  # "<no address>" holds a blank
            last = list(fields)[-1]
            fields[last] += " " + word
        else:
            reason.append(word)
    return Record(match["kind"], words[0], " ".join(reason), fields, line)


def parse_service_log(text):
    return [_record(line) for line in text.splitlines() if line]


def parse_program_log(text):
    messages = []
    for line in text.splitlines():
        match = _PROGRAM_LINE.match(line)
        if match:
            messages.append(Message(match["level"], match["text"], line))
        elif line:
            messages.append(Message("UNPARSED", line, line))
    return messages
