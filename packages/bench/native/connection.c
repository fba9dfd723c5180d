#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"

/* More than any answer to one request that is not wrong. */
enum { REPLY_ROOM = 128 };

void connection_open(struct connection *connection, struct workload *workload, uint16_t port) {
  uint32_t depth = workload->options->depth;
  *connection = (struct connection){
      .fd = socket(AF_INET, SOCK_STREAM, 0),
      .workload = workload,
      .keys = allocate(depth * sizeof(uint32_t)),
      .out = allocate(depth * workload->request_bytes),
      .in_capacity = depth * REPLY_ROOM + 4096,
  };
  connection->in = allocate(connection->in_capacity);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connection->fd < 0) fail_errno("cannot make a socket");
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0) {
    fail_errno("cannot connect");
  }
  int on = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(connection->fd, F_SETFL, O_NONBLOCK) < 0) fail_errno("cannot unblock a socket");
}

bool connection_send(struct connection *connection, uint64_t now) {
  struct workload *workload = connection->workload;
  size_t bytes = workload->request_bytes;
  uint32_t batch = 0;
  while (batch < workload->options->depth && workload_next_key(workload, &connection->keys[batch])) {
    const uint8_t *request = workload->requests + (size_t)connection->keys[batch] * bytes;
    memcpy(connection->out + batch * bytes, request, bytes);
    batch++;
  }
  connection->batch = batch;
  connection->answered = 0;
  connection->out_length = batch * bytes;
  connection->out_sent = 0;
  connection->sent_at = now;
  if (batch > 0) connection_flush(connection);
  return batch > 0;
}

void connection_flush(struct connection *connection) {
  while (connection->out_sent < connection->out_length) {
    ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                        connection->out_length - connection->out_sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) fail_errno("cannot send");
    connection->out_sent += (size_t)sent;
  }
}

/* Checks the answers that have come in whole, and keeps the beginning of the next. */
static uint32_t check_replies(struct connection *connection) {
  const struct options *options = connection->workload->options;
  uint32_t answered_before = connection->answered;
  const uint8_t *at = connection->in;
  size_t left = connection->in_length;
  while (left > 0) {
    if (connection_is_idle(connection)) fail_reply("an answer to nothing", at, left);
    uint32_t key = connection->keys[connection->answered];
    long length = options->protocol->parse_reply(options->op, key, at, left);
    if (length == REPLY_WRONG) fail_reply("a wrong answer", at, left);
    if (length == REPLY_INCOMPLETE) break;
    connection->answered++;
    at += length;
    left -= (size_t)length;
  }
  memmove(connection->in, at, left);
  connection->in_length = left;
  return connection->answered - answered_before;
}

uint32_t connection_read(struct connection *connection) {
  size_t room = connection->in_capacity - connection->in_length;
  if (room == 0) fail_reply("an answer that does not end", connection->in, connection->in_length);
  ssize_t length = recv(connection->fd, connection->in + connection->in_length, room, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (length < 0) fail_errno("cannot receive");
  if (length == 0) fail("the server ended the connection");
  connection->in_length += (size_t)length;
  return check_replies(connection);
}

bool connection_is_idle(const struct connection *connection) {
  return connection->answered == connection->batch;
}
