// SPDX-License-Identifier: BSD-2-Clause
// Setting the time of the machine: to what it is.
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

// The time zone alone, which the kernel keeps and ignores.
static int Settimeofday(void) {
  const struct timezone zone = {0, 0};
  return Outcome(syscall(SYS_settimeofday, NULL, &zone));
}
static int ClockSettime(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return kBroken;
  return Outcome(syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
}
static struct timex SameTick(void) {
  struct timex change = {.modes = 0};
  syscall(SYS_adjtimex, &change);
  change.modes = ADJ_TICK;
  return change;
}
static int Adjtimex(void) {
  struct timex change = SameTick();
  return Outcome(syscall(SYS_adjtimex, &change));
}
static int ClockAdjtime(void) {
  struct timex change = SameTick();
  return Outcome(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &change));
}
static int WakeMachine(void) {
  return Outcome(syscall(SYS_timerfd_create, CLOCK_REALTIME_ALARM, 0));
}

static const struct Act kActs[] = {
    {"settimeofday", Settimeofday},  {"clock_settime", ClockSettime}, {"adjtimex", Adjtimex},
    {"clock_adjtime", ClockAdjtime}, {"alarm_timer", WakeMachine},
};
const struct Theme kClocks = THEME("clocks", kActs);
