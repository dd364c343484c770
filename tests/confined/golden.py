# SPDX-License-Identifier: BSD-2-Clause
"""Tables of verdicts in tests/golden/confined: what they hold, how they are compared and how they are written.

A line is "act verdict" under the heading of its theme. The verdict is the probe's own word, or, for acts that depend on
what the kernel of a machine was built with, `refused` (anything but done) or `either`.
"""
import netlab

FOLDER = netlab.REPOSITORY / "tests" / "golden" / "confined"

# What a kernel may lack or may have switched off, so that another word than here is no difference. Families of sockets,
# devices, special file systems, optional system calls and the settings of sysctl(8).
MACHINE_DEPENDENT = {
    "open_dev_mem", "open_dev_kmsg", "open_disk", "open_dev_kvm", "open_dev_fuse", "open_dev_tun", "open_loop_control",
    "open_console", "open_own_kmsg_node", "open_own_disk_node", "open_dev_tty1", "list_boot", "create_in_boot",
    "create_cgroup", "open_root_cgroup_procs", "open_cgroup_release_agent", "open_sys_for_writing",
    "open_sysrq_trigger", "open_kcore", "open_kmsg", "open_modprobe_path", "open_binfmt_register", "open_irq_affinity",
    "read_kernel_addresses", "change_login_uid", "fchmodat2_setuid", "set_file_capability", "set_trusted_attribute",
    "link_foreign_file", "read_zygote_environment", "raise_own_priority", "become_real_time",
    "become_real_time_for_disks", "raise_hard_limit", "ptrace_read_filter", "kcmp_sibling", "process_madvise_sibling",
    "move_pages_sibling", "migrate_pages_sibling", "mount_cgroup2", "swapon", "swapoff", "acct", "quotactl",
    "unshare_time", "setns_time", "unshare_user", "clone_user", "clone_user_and_mount", "clone_user_high_bits",
    "clone3_user", "drop_groups_in_user_namespace", "mount_setattr", "socket_ping", "socket_mptcp", "socket_sctp",
    "socket_udplite", "socket_netlink_audit", "socket_netlink_netfilter", "socket_netlink_sockets", "socket_packet",
    "socket_key", "socket_alg", "socket_vsock", "socket_bluetooth", "socket_can", "socket_tipc", "socket_rds",
    "socket_kcm", "socket_xdp", "socket_smc", "socket_rxrpc", "socket_nfc", "socket_ax25", "socket_ipx",
    "socket_appletalk", "socket_x25", "socket_llc", "socket_phonet", "socket_qrtr", "socket_mctp", "tcp_fast_open_to_host",
    "connection_attach_filter", "connection_replace_filter_table", "connection_upper_protocol", "connection_ethtool", "connection_repair",
    "bpf_load", "bpf_map", "perf_event_open", "userfaultfd", "io_uring_setup", "io_setup", "add_key", "request_key",
    "keyctl", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "modify_ldt",
    "syslog_read", "syslog_console_level", "lookup_dcookie", "mbind", "set_mempolicy", "memfd_secret", "fanotify_init",
    "uselib", "ustat", "sysfs", "disable_time_stamp_counter", "enable_speculation", "alarm_timer", "i386_getpid",
    "i386_mount", "x32_getpid", "x32_ptrace", "tiocsti_into_own_terminal", "tiocsti_into_own_terminal_high_bits",
    "tiocsti", "tiocsti_high_bits", "map_page_zero", "lock_memory", "huge_pages", "run_written_page_by_key",
    "mq_open", "lower_own_oom_score", "iopl", "ioperm", "hold_sys_rawio", "hold_bpf", "hold_net_admin", "hold_mknod",
}


def path_of(setting):
    return FOLDER / f"{setting.name}.txt"


def read(setting):
    """{theme: {act: word}}"""
    themes = {}
    for line in path_of(setting).read_text(encoding="ascii").splitlines():
        if line.startswith("# "):
            theme = themes.setdefault(line[2:], {})
        else:
            act, word = line.split(" ")
            theme[act] = word
    return themes


# The probe could not try: a table never holds these.
NO_VERDICTS = ("broken", "not-asked", "late")


def agrees(word, verdict):
    if verdict in NO_VERDICTS:
        return False
    return word in (verdict, "either") or (word == "refused" and verdict != "done")


def differences(expected, themes):
    """A line for each act that went otherwise, is new or is gone."""
    found = []
    before = {act: word for theme in expected.values() for act, word in theme.items()}
    after = {act: verdict for theme in themes.values() for act, verdict in theme.items()}
    for act in before.keys() | after.keys():
        if act not in after or act not in before:
            found.append(f"{act}: {'no longer' if act in before else 'not yet'} in the table")
        elif not agrees(before[act], after[act]):
            found.append(f"{act}: {after[act]}, the table says {before[act]}")
    return sorted(found)


def _word(setting, act, verdict):
    if verdict in NO_VERDICTS:
        raise ValueError(f"{act}: {verdict}")
    if act not in MACHINE_DEPENDENT:
        return verdict
    # Where nothing or little is confined, a machine that has it may grant it.
    if setting.profile in ("none", "baseline"):
        return "either" if verdict in ("done", "nothing") or not verdict.startswith("SIG") else "refused"
    return verdict if verdict == "done" else "refused"


def write(setting, themes):
    """Keeps the word of a table that still agrees: a person may have made it stricter."""
    before = read(setting) if path_of(setting).exists() else {}
    kept = {act: word for theme in before.values() for act, word in theme.items()}
    lines = []
    for theme, acts in themes.items():
        lines.append(f"# {theme}")
        for act, verdict in acts.items():
            agreed = act in kept and agrees(kept[act], verdict)
            lines.append(f"{act} {kept[act] if agreed else _word(setting, act, verdict)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    path_of(setting).write_text("\n".join(lines) + "\n", encoding="ascii")
