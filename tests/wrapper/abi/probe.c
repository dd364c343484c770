/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls everything that libwrap.so.0 exports and prints what comes back. Compiled once, with Debian's
   header, and run against Debian's library and ours: the two transcripts must be equal. */
#define INET6 1
#include <tcpd.h>

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

extern jmp_buf tcpd_buf;
extern char *percent_m(char *, char *);
extern unsigned long cidr_mask_addr(char *);

/* Our own, as nearly every program has them: the library must use these. */
int allow_severity = 77;
int deny_severity = 88;

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file || fputs(text, file) < 0 || fclose(file)) abort();
}

static void tables(const char *allow, const char *deny) {
  write_file("allow", allow);
  write_file("deny", deny);
}

static void texts(void) {
  static const char *quads[] = {"1.2.3.4",  "1.2.3",    "1.2.3.4.5", "1..2.3.4", "01.2.3.4", "0x1.2.3.4", "1.2.3.256",
                                "1.2.3.4 ", "1.2.3.4x", "a.b.c.d",   "",         "255.255.255.255", "1.2.3.", ".1.2.3.4",
                                "4294967295.1.1.1", "1.2.3.08", "1.2.3.4\tx", " 1.2.3.4", "0.0.0.0"};
  static const char *lengths[] = {"24", "0", "1", "32", "33", "-1", "", "x", "8x", "+8", " 8", "008", "0x8", "99999999999",
                                  "4294967320", "-4294967272", "99999999999999999999", "\v8"};
  static const char *splits[] = {"a:b", "[a:b]:c", "ab", "a]:b[:c", ":", "[[:]:]:x"};
  char buffer[64];
  unsigned i;
  for (i = 0; i < sizeof quads / sizeof *quads; i++)
    printf("quad %s = %lx\n", quads[i], dot_quad_addr(strcpy(buffer, quads[i])));
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
    printf("mask %s = %lx\n", lengths[i], cidr_mask_addr(strcpy(buffer, lengths[i])));
  for (i = 0; i < sizeof splits / sizeof *splits; i++) {
    char *rest = split_at(strcpy(buffer, splits[i]), ':');
    printf("split %s = %s | %s\n", splits[i], buffer, rest ? rest : "(none)");
  }
  errno = ENOENT;
  printf("percent_m %s\n", percent_m(buffer, strcpy(buffer + 32, "a %m %x")));
}

static void lines(void) {
  char buffer[16];
  FILE *file;
  write_file("lines", "one\ntwo\\\nmore\n\\\n\\\nx\\y\nlonger than the buffer\nlast");
  if (!(file = fopen("lines", "r"))) abort();
  tcpd_context.line = 0;
  while (xgets(buffer, sizeof buffer, file)) printf("line %d <%s>\n", tcpd_context.line, buffer);
  fclose(file);
}

static void show(struct request_info *r) {
  printf("request user=%s daemon=%s client=%s/%s server=%s/%s info=%s|%s\n", eval_user(r), eval_daemon(r),
         eval_hostname(r->client), eval_hostaddr(r->client), eval_hostname(r->server), eval_hostaddr(r->server),
         eval_client(r), eval_server(r));
}

static void requests(void) {
  struct request_info r;
  struct sockaddr_in six = {0};
  char result[64], text[64];
  char longest[300];
  memset(&r, 0x5a, sizeof r);
  request_init(&r, 0);
  printf("empty fd=%d pid=%d\n", r.fd, atoi(eval_pid(&r)) == (int)getpid());
  show(&r);
  request_init(&r, RQ_DAEMON, "ftpd", RQ_CLIENT_NAME, "alpha.example.org", RQ_CLIENT_ADDR, "192.0.2.50", RQ_USER, "carol",
               RQ_SERVER_ADDR, "198.51.100.1", RQ_FILE, 7, 0);
  printf("fd=%d back=%d\n", r.fd, r.client->request == &r && r.server->request == &r);
  show(&r);
  request_set(&r, RQ_CLIENT_NAME, "paranoid", RQ_SERVER_NAME, "www", 0);
  show(&r);
  request_set(&r, RQ_USER, "unknown", 99, "ignored", RQ_DAEMON, "never", 0);
  show(&r);
  six.sin_family = AF_INET;
  six.sin_port = htons(2222);
  inet_pton(AF_INET, "203.0.113.9", &six.sin_addr);
  request_init(&r, RQ_DAEMON, "x", RQ_CLIENT_SIN, &six, 0);
  sock_methods(&r);
  printf("sin %s port %s\n", eval_hostaddr(r.client), eval_port(r.client->sin));
  printf("no port %s\n", eval_port(NULL));
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = 0;
  request_set(&r, RQ_USER, longest, 0);
  printf("longest %zu\n", strlen(r.user));
  request_init(&r, RQ_DAEMON, "d$d", RQ_CLIENT_NAME, "we$ird", RQ_CLIENT_ADDR, "1.2.3.4", RQ_USER, "u;u", 0);
  printf("expanded %s\n", percent_x(result, sizeof result, strcpy(text, "%a %n %h %u %c %s %d %r %R %% %z%"), &r));
  printf("cached %s %s %s\n", r.user, r.daemon, r.client->name);
}

static int ask(const char *name, const char *address) {
  char daemon[] = "ftpd", nobody[] = "";
  char client[64], addr[64];
  return hosts_ctl(daemon, strcpy(client, name), strcpy(addr, address), nobody);
}

static void decisions(void) {
  char allow[] = "allow", deny[] = "deny";
  struct request_info r;
  hosts_allow_table = allow;
  hosts_deny_table = deny;
  printf("resident %d\n", resident);
  tables("ftpd: 192.0.2. EXCEPT 192.0.2.9\nftpd: .example.org: severity local3.notice\n", "ALL: ALL\n");
  printf("address %d %d %d\n", ask("", "192.0.2.1"), ask("", "192.0.2.9"), ask("", "10.0.0.1"));
  printf("resident %d\n", resident);
  printf("severity %d %d\n", allow_severity, deny_severity);
  printf("name %d\n", ask("a.example.org", "10.0.0.1"));
  printf("severity %d %d\n", allow_severity, deny_severity);
  tables("", "ftpd: 192.0.2.: umask 9\n");
  printf("error %d %d\n", ask("", "192.0.2.1"), ask("", "10.0.0.1"));
  tables("ftpd: ALL: rfc931 3: setenv PROBE %a: umask 027: allow\n", "ALL: ALL\n");
  printf("options %d\n", ask("", "192.0.2.1"));
  printf("timeout %d variable %s umask %o\n", rfc931_timeout, getenv("PROBE"), umask(022));
  tables("ftpd: ALL: twist echo twisted\n", "");
  printf("twist when resident %d\n", ask("", "192.0.2.1"));
  dry_run = 1;
  resident = -1;
  printf("twist in a dry run %d\n", ask("", "192.0.2.1"));
  printf("dry_run %d\n", dry_run);
  dry_run = 0;
  tables("ftpd: @group, KNOWN\n", "ALL: ALL\n");
  printf("known %d %d %d\n", ask("a", "1.2.3.4"), ask("", "1.2.3.4"), ask("paranoid", "1.2.3.4"));
  tables("2222: ALL\n", "ALL: ALL\n");
  {
    struct sockaddr_in server = {0};
    server.sin_family = AF_INET;
    server.sin_port = htons(2222);
    request_init(&r, RQ_DAEMON, "x", RQ_SERVER_SIN, &server, 0);
    printf("port %d", hosts_access(&r));
    server.sin_port = htons(2223);
    printf(" %d\n", hosts_access(&r));
  }
  write_file("other", "ALL: ALL: deny\n");
  strcpy(allow, "other");
  printf("other table %d\n", ask("", "1.2.3.4"));
}

static void jumps(void) {
  static char *options[] = {"severity debug", "allow", "deny", "nonsense", "umask 022: allow", "deny: allow",
                            "deny\\", "allow \\", "severity debug\\", NULL};
  static char late[2500];
  struct request_info r;
  volatile unsigned i;
  char text[sizeof late];
  static char place[] = "probe.allow";
  tcpd_context.file = place;
  tcpd_context.line = 5;
  memset(late, ' ', sizeof late);
  strcpy(late + sizeof late - sizeof "deny", "deny");
  options[sizeof options / sizeof *options - 1] = late; /* longer than a line of an access file may be */
  for (i = 0; i < sizeof options / sizeof *options; i++) {
    int verdict = setjmp(tcpd_buf);
    if (verdict) {
      printf("options <%s> jump %d\n", options[i], verdict);
      continue;
    }
    request_init(&r, RQ_DAEMON, "x", 0);
    process_options(strcpy(text, options[i]), &r);
    printf("options <%s> return\n", options[i]);
  }
  if (!setjmp(tcpd_buf)) tcpd_jump("%s", "jump");
  printf("landed\n");
  tcpd_context.file = NULL;
}

static int named;
static void own_hostname(struct host_info *host) {
  named++;
  strcpy(host->name, "own.example.org");
}
static void own_hostaddr(struct host_info *host) { strcpy(host->addr, "192.0.2.77"); }
static int sunk;
static void own_sink(int fd) { sunk = fd > 0; }
static void own_cleanup(struct request_info *r) { printf("cleanup %d\n", r->fd > 0); }

static void methods(void) {
  struct request_info r;
  char allow[] = "allow";
  hosts_allow_table = allow;
  tables("x: 192.0.2.77\n", "ALL: ALL\n");
  request_init(&r, RQ_DAEMON, "x", 0);
  r.hostname = own_hostname;
  r.hostaddr = own_hostaddr;
  printf("own address %d\n", hosts_access(&r));
  printf("asked %d\n", named);
  tables("x: .example.org\n", "ALL: ALL\n");
  printf("own name %d\n", hosts_access(&r));
  printf("asked %d, %s\n", named, r.client->name);
  printf("again %d\n", hosts_access(&r));
  printf("asked %d\n", named);
}

static void sockets(void) {
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  struct request_info r;
  int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), server;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1) ||
      getsockname(listener, (struct sockaddr *)&address, &length) ||
      connect(client, (struct sockaddr *)&address, sizeof address) || (server = accept(listener, NULL, NULL)) < 0)
    abort();
  request_init(&r, RQ_DAEMON, "x", RQ_FILE, server, 0);
  fromhost(&r);
  printf("socket client %s server %s ports %d %d sink %d\n", eval_hostaddr(r.client), eval_hostaddr(r.server),
         atoi(eval_port(r.server->sin)) == ntohs(address.sin_port), atoi(eval_port(r.client->sin)) > 0, r.sink != NULL);
  tables("x: 127.0.0.1\n", "ALL: ALL\n");
  printf("access %d\n", hosts_access(&r));
  shell_cmd("echo shell > shell_out");
  printf("shell %d\n", access("shell_out", R_OK));
  deny_severity = 4;
  r.sink = own_sink;
  r.cleanup = own_cleanup;
  refuse(&r);
  printf("not reached\n");
}

static void at_end(void) { printf("exit functions run, sunk %d\n", sunk); }

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  atexit(at_end);
  printf("%s %s %d %d %d\n", unknown, paranoid, rfc931_timeout, hosts_access_verbose, dry_run);
  printf("%s %s\n", hosts_allow_table, hosts_deny_table);
  texts();
  lines();
  requests();
  decisions();
  jumps();
  methods();
  sockets();
  return 3;
}
