// SPDX-License-Identifier: BSD-2-Clause
// Typing into the terminal of somebody else (CVE-2017-5226) and taking one over. On the connection,
// which is no terminal, ENOTTY is the answer to who was let through to it.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "probe.h"

static const unsigned long kHighBits = 0xffffffff00000000UL;

static int Request(unsigned long request) {
  char byte = 'x';
  // EOPNOTSUPP and EINVAL are what sockets of some families say.
  return PermittedBy(syscall(SYS_ioctl, 0, request, &byte), ENOTTY, EOPNOTSUPP);
}
static int Sti(void) { return Request(TIOCSTI); }
static int StiHighBits(void) { return Request(TIOCSTI | kHighBits); }
static int Linux(void) { return Request(TIOCLINUX); }
static int LinuxHighBits(void) { return Request(TIOCLINUX | kHighBits); }
static int Console(void) { return Request(TIOCCONS); }
static int Discipline(void) { return Request(TIOCSETD); }

// A pair of its own, as the terminal of a session of its own.
static int OwnTerminal(void) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) return -1;
  char name[64];
  if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) {
    return -1;
  }
  return open(name, O_RDWR | O_NOCTTY);
}
static int TypeInto(unsigned long request) {
  const int terminal = OwnTerminal();
  if (terminal < 0) return errno;
  setsid();
  ioctl(terminal, TIOCSCTTY, 0);
  return Outcome(syscall(SYS_ioctl, terminal, request, "x"));
}
static int StiIntoTerminal(void) { return TypeInto(TIOCSTI); }
static int StiIntoTerminalHighBits(void) { return TypeInto(TIOCSTI | kHighBits); }
static int OpenTty(void) { return OpenOutcome("/dev/tty", O_RDWR); }
static int OpenFirstConsole(void) { return OpenOutcome("/dev/tty1", O_RDWR | O_NOCTTY); }

static const struct Act kActs[] = {
    {"tiocsti", Sti},
    {"tiocsti_high_bits", StiHighBits},
    {"tioclinux", Linux},
    {"tioclinux_high_bits", LinuxHighBits},
    {"tioccons", Console},
    {"tiocsetd", Discipline},
    {"tiocsti_into_own_terminal", StiIntoTerminal},
    {"tiocsti_into_own_terminal_high_bits", StiIntoTerminalHighBits},
    {"open_dev_tty", OpenTty},
    {"open_dev_tty1", OpenFirstConsole},
};
const struct Theme kTerminals = THEME("terminals", kActs);
