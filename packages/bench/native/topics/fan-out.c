/*
 * One publisher and many subscribers of one topic, each on a connection of its own: so many messages are
 * published in one write, and the next when every subscriber has all of them. Every byte that comes is
 * checked. One and the same for both servers. Prints its figures as JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../fail.h"
#include "wire.h"

enum { SILENCE_MS = 10000, EVENTS = 512, BATCHES = 64, READ_BYTES = 64 * 1024 };

struct options {
  const struct wire *wire;
  uint16_t port;
  uint32_t subscribers;
  /* Messages that are published at once. */
  uint32_t depth;
  double warmup_seconds;
  double seconds;
  int server_pid;
};

/* Bytes that are sent, or must come. */
struct bytes {
  uint8_t *at;
  size_t length;
};

/* A batch of messages: what is published, what the publisher is answered, what each subscriber gets. */
struct batch {
  struct bytes publish;
  struct bytes published;
  struct bytes messages;
};

struct peer {
  int fd;
  /* How much of what must come has come. */
  size_t received;
};

struct figures {
  uint64_t deliveries;
  double seconds;
  double load_cpu;
  double server_cpu;
};

static const char USAGE[] =
    "Usage: fan-out --protocol kv|redis --port N [--subscribers N] [--depth N] [--warmup SECONDS]\n"
    "               [--seconds SECONDS] [--server-pid PID]\n";

static _Noreturn void usage(void) {
  fputs(USAGE, stderr);
  exit(2);
}

static double number(const char *text, double least, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most)) usage();
  return value;
}

static struct options parse_options(int argc, char **argv) {
  static const struct option known[] = {
      {"protocol", required_argument, NULL, 'p'}, {"port", required_argument, NULL, 'P'},
      {"subscribers", required_argument, NULL, 'n'}, {"depth", required_argument, NULL, 'd'},
      {"warmup", required_argument, NULL, 'w'},   {"seconds", required_argument, NULL, 's'},
      {"server-pid", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0},
  };
  struct options options = {.subscribers = 1000, .depth = 1, .seconds = 1};
  int letter;
  while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
    switch (letter) {
      case 'p':
        if (strcmp(optarg, "kv") == 0) options.wire = &kv_wire;
        else if (strcmp(optarg, "redis") == 0) options.wire = &redis_wire;
        else usage();
        break;
      case 'P': options.port = (uint16_t)number(optarg, 1, 65535); break;
      case 'n': options.subscribers = (uint32_t)number(optarg, 1, 20000); break;
      case 'd': options.depth = (uint32_t)number(optarg, 1, 1000); break;
      case 'w': options.warmup_seconds = number(optarg, 0, 3600); break;
      case 's': options.seconds = number(optarg, 0, 3600); break;
      case 'i': options.server_pid = (int)number(optarg, 1, INT32_MAX); break;
      default: usage();
    }
  }
  if (optind < argc || options.wire == NULL || options.port == 0) usage();
  return options;
}

static double clock_seconds(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) fail_errno("cannot read a clock");
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Seconds of the processor that a process has used; of this one, if it is 0. */
static double cpu_seconds(int pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0) fail("there is no such server process");
  return clock_seconds(clock);
}

static int connect_to(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail_errno("cannot make a socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail_errno("cannot connect");
  int on = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail_errno("cannot set an option");
  return fd;
}

static void send_all(int fd, struct bytes bytes) {
  while (bytes.length > 0) {
    ssize_t sent = send(fd, bytes.at, bytes.length, 0);
    if (sent < 0) fail_errno("cannot send");
    bytes.at += sent;
    bytes.length -= (size_t)sent;
  }
}

/* Takes what has come, without waiting, and checks it. Answers how much of it there was. */
static size_t receive(struct peer *peer, struct bytes expected) {
  static uint8_t buffer[READ_BYTES];
  size_t taken = 0;
  for (;;) {
    ssize_t got = recv(peer->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return taken;
    if (got < 0) fail_errno("cannot receive");
    if (got == 0) fail("the server has ended a connection");
    size_t length = (size_t)got;
    if (length > expected.length - peer->received ||
        memcmp(buffer, expected.at + peer->received, length) != 0) {
      fail_reply("the server has sent something else", buffer, length);
    }
    peer->received += length;
    taken += length;
    /* A read that is not full has taken all there was. */
    if (length < sizeof buffer) return taken;
  }
}

static void watch(int epoll, struct peer *peer) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) < 0) fail_errno("cannot watch");
}

/* Waits until all peers have what must come. */
static void receive_all(int epoll, struct peer *publisher, struct bytes answers, struct bytes messages,
                        size_t awaited) {
  while (awaited > 0) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, SILENCE_MS);
    if (count < 0) fail_errno("cannot wait");
    if (count == 0) fail("the server has been silent for 10 seconds");
    for (int i = 0; i < count; i++) {
      struct peer *peer = events[i].data.ptr;
      awaited -= receive(peer, peer == publisher ? answers : messages);
    }
  }
}

static void append(struct bytes *bytes, const uint8_t *more, size_t length) {
  memcpy(bytes->at + bytes->length, more, length);
  bytes->length += length;
}

static struct batch batch_of(const struct options *options, uint32_t first) {
  size_t room = (size_t)options->depth * MAX_BYTES;
  struct batch batch = {{allocate(room), 0}, {allocate(room), 0}, {allocate(room), 0}};
  const struct wire *wire = options->wire;
  for (uint32_t i = first; i < first + options->depth; i++) {
    uint8_t bytes[MAX_BYTES];
    append(&batch.publish, bytes, wire->publish(i, bytes));
    append(&batch.published, bytes, wire->published(options->subscribers, bytes));
    append(&batch.messages, bytes, wire->message(i, bytes));
  }
  return batch;
}

static void subscribe(int epoll, const struct options *options, struct peer *peer) {
  uint8_t request[MAX_BYTES], answer[MAX_BYTES];
  struct bytes asked = {request, options->wire->subscribe(request)};
  struct bytes answered = {answer, options->wire->subscribed(answer)};
  peer->fd = connect_to(options->port);
  watch(epoll, peer);
  send_all(peer->fd, asked);
  receive_all(epoll, NULL, answered, answered, answered.length);
}

static struct figures run(const struct options *options) {
  int epoll = epoll_create1(0);
  if (epoll < 0) fail_errno("cannot make an epoll");
  struct peer *subscribers = allocate(options->subscribers * sizeof *subscribers);
  for (uint32_t i = 0; i < options->subscribers; i++) subscribe(epoll, options, &subscribers[i]);
  struct peer publisher = {.fd = connect_to(options->port)};
  watch(epoll, &publisher);
  struct batch batches[BATCHES];
  for (uint32_t i = 0; i < BATCHES; i++) batches[i] = batch_of(options, i * options->depth);

  struct figures figures = {0};
  double started = clock_seconds(CLOCK_MONOTONIC);
  double warm_at = started + options->warmup_seconds;
  double now = started;
  bool warm = false;
  for (uint32_t i = 0; !warm || figures.deliveries == 0 || now < started + options->seconds; i++) {
    if (!warm && now >= warm_at) {
      warm = true;
      started = now;
      figures.load_cpu = -cpu_seconds(0);
      figures.server_cpu = options->server_pid == 0 ? 0 : -cpu_seconds(options->server_pid);
    }
    const struct batch *batch = &batches[i % BATCHES];
    publisher.received = 0;
    for (uint32_t j = 0; j < options->subscribers; j++) subscribers[j].received = 0;
    send_all(publisher.fd, batch->publish);
    size_t awaited = batch->published.length + options->subscribers * batch->messages.length;
    receive_all(epoll, &publisher, batch->published, batch->messages, awaited);
    now = clock_seconds(CLOCK_MONOTONIC);
    if (warm) figures.deliveries += (uint64_t)options->subscribers * options->depth;
  }
  figures.seconds = now - started;
  figures.load_cpu += cpu_seconds(0);
  if (options->server_pid != 0) figures.server_cpu += cpu_seconds(options->server_pid);
  return figures;
}

/* Subscribers have a descriptor each, and there may be more of them than is usual. */
static void allow_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) fail_errno("cannot read a limit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail_errno("cannot set a limit");
}

int main(int argc, char **argv) {
  struct options options = parse_options(argc, argv);
  allow_descriptors();
  struct figures figures = run(&options);
  printf("{\"deliveries\":%llu,\"seconds\":%.6f,\"rate\":%.1f,\"loadCpu\":%.3f,\"serverCpu\":%.3f}\n",
         (unsigned long long)figures.deliveries, figures.seconds,
         (double)figures.deliveries / figures.seconds, figures.load_cpu / figures.seconds,
         figures.server_cpu / figures.seconds);
  return 0;
}
