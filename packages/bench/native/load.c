/*
 * The load generator: one thread, many connections, pipelined requests for random keys, every answer
 * checked. One and the same for both servers. Prints its figures as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "connection.h"
#include "fail.h"
#include "histogram.h"
#include "options.h"
#include "workload.h"

enum { SILENCE_MS = 10000, EVENTS = 256 };

/* What is measured, from the end of the warm-up on. */
struct measurement {
  uint64_t started_at;
  uint64_t ended_at;
  double load_cpu;
  double server_cpu;
  struct histogram latencies;
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) fail_errno("cannot read a clock");
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Seconds of the processor that a process has used. */
static double cpu_seconds(int pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0) fail("there is no such server process");
  return (double)clock_ns(clock) / 1e9;
}

/* Begins anew: what was before was the warm-up. */
static void begin(struct measurement *measurement, const struct options *options, uint64_t now) {
  *measurement = (struct measurement){.started_at = now};
  measurement->load_cpu = -cpu_seconds(0);
  if (options->server_pid != 0) measurement->server_cpu = -cpu_seconds(options->server_pid);
}

static void end(struct measurement *measurement, const struct options *options, uint64_t now) {
  measurement->ended_at = now;
  measurement->load_cpu += cpu_seconds(0);
  if (options->server_pid != 0) measurement->server_cpu += cpu_seconds(options->server_pid);
}

/*
 * Edge-triggered: told once of what comes, which is then read whole (a connection has room for it), and
 * of room to send only when a full socket has some again.
 */
static void watch(int epoll, struct connection *connection) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail_errno("cannot watch");
}

/*
 * Takes what has come on a connection, and sends the next batch if that was all of the last. Answers
 * whether the connection has more to do.
 */
static bool serve(struct connection *connection, struct measurement *measurement, uint64_t *now) {
  connection_flush(connection);
  if (connection_is_idle(connection)) return true;
  uint32_t answers = connection_read(connection);
  if (answers == 0) return true;
  *now = clock_ns(CLOCK_MONOTONIC);
  uint64_t latency = *now - connection->sent_at;
  for (uint32_t i = 0; i < answers; i++) histogram_record(&measurement->latencies, latency);
  return !connection_is_idle(connection) || connection_send(connection, *now);
}

static void run(const struct options *options, struct connection *connections,
                struct measurement *measurement) {
  int epoll = epoll_create1(0);
  if (epoll < 0) fail_errno("cannot make an epoll");
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  uint64_t warm_at = now + (uint64_t)(options->warmup_seconds * 1e9);
  uint64_t end_at = UINT64_MAX;
  bool filling = options->op == OP_FILL;
  if (filling) warm_at = now;
  bool warm = false;
  uint32_t busy = 0;
  for (uint32_t i = 0; i < options->connections; i++) {
    watch(epoll, &connections[i]);
    if (connection_send(&connections[i], now)) busy++;
  }
  while (busy > 0 && (now < end_at || measurement->latencies.total == 0)) {
    if (!warm && now >= warm_at) {
      begin(measurement, options, now);
      warm = true;
      /* Filling ends by itself. */
      if (!filling) end_at = now + (uint64_t)(options->seconds * 1e9);
    }
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, SILENCE_MS);
    if (count == 0) fail("the server has been silent for 10 seconds");
    for (int i = 0; i < count; i++) {
      if (!serve(events[i].data.ptr, measurement, &now)) busy--;
    }
  }
  end(measurement, options, now);
}

static void report(const struct measurement *measurement) {
  const struct histogram *latencies = &measurement->latencies;
  double seconds = (double)(measurement->ended_at - measurement->started_at) / 1e9;
  if (latencies->total == 0 || seconds <= 0) fail("nothing was answered");
  printf("{\"requests\":%llu,\"seconds\":%.6f,\"rate\":%.1f,", (unsigned long long)latencies->total,
         seconds, (double)latencies->total / seconds);
  printf("\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,", histogram_percentile(latencies, 0.5),
         histogram_percentile(latencies, 0.99), histogram_percentile(latencies, 0.999));
  printf("\"loadCpu\":%.3f,\"serverCpu\":%.3f}\n", measurement->load_cpu / seconds,
         measurement->server_cpu / seconds);
}

int main(int argc, char **argv) {
  struct options options = parse_options(argc, argv);
  struct workload workload = workload_of(&options);
  struct connection *connections = allocate(options.connections * sizeof *connections);
  for (uint32_t i = 0; i < options.connections; i++) {
    connection_open(&connections[i], &workload, options.port);
  }
  struct measurement *measurement = allocate(sizeof *measurement);
  run(&options, connections, measurement);
  report(measurement);
  return 0;
}
