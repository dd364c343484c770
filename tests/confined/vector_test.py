#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# How far the probe gets, act by act, against the tables in tests/golden/confined.
# `vector_test.py --rewrite` writes the tables anew from what happens; read the difference before it is committed.
# `vector_test.py --show` prints the probe's own words as well.
import sys

import confined_case
import golden
from confined_case import NONE_ROOT, NONE_USER, SETTINGS

# What root cannot do either: a running program is not written, calls that do not exist do not exist, a service has no
# terminal, and what posternd's own filter denies, all are denied.
NEVER = {"write_own_program", "unknown_number", "negative_number", "highest_number", "open_dev_tty", "reboot"}
OPTIONS = {word for word in sys.argv if word in ("--rewrite", "--show")}


class Vector(confined_case.ConfinedCase):
    maxDiff = None

    def compare(self, setting):
        themes = self.verdicts(setting)
        if "--show" in OPTIONS:
            print("".join(f"\n{setting.name} {act} {verdict}" for acts in themes.values() for act, verdict in acts.items()))
        if "--rewrite" in OPTIONS:
            golden.write(setting, themes)
        self.assertEqual(golden.differences(golden.read(setting), themes), [])

    def test_the_probe_can_do_what_nothing_forbids(self):
        themes = self.verdicts(NONE_ROOT)
        able = {act: verdict for theme, acts in themes.items() for act, verdict in acts.items()
                if theme != "inherited" and act not in golden.MACHINE_DEPENDENT | NEVER}
        self.assertEqual({act: verdict for act, verdict in able.items() if verdict != "done"}, {})
        self.assertGreater(len(able), 200)
        every = {act for acts in themes.values() for act in acts}
        self.assertEqual((golden.MACHINE_DEPENDENT | NEVER) - every, set(), "acts that the probe does not know")

    def test_one_act_gives_what_it_gives_among_all(self):
        self.serve(NONE_USER)
        self.assertEqual(self.verdict("read_shadow"), "EACCES")
        self.assertEqual(self.verdict("signal_sibling"), "done")


def _test_of(setting):
    return lambda self: self.compare(setting)


for _setting in SETTINGS:
    setattr(Vector, f"test_{_setting.name.replace('-', '_')}", _test_of(_setting))


if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word not in OPTIONS]
    confined_case.main()
