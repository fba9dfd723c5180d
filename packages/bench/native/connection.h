/* One connection to the server: sends a batch of requests at once, and waits for all the answers. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workload.h"

struct connection {
  int fd;
  struct workload *workload;
  /* The keys of the batch, in the order of the requests. */
  uint32_t *keys;
  uint32_t batch;
  uint32_t answered;
  uint64_t sent_at;
  uint8_t *out;
  size_t out_length;
  size_t out_sent;
  uint8_t *in;
  size_t in_length;
  size_t in_capacity;
};

/* Connects to the port on 127.0.0.1. Ends the process with 1 if that fails, as all below do. */
void connection_open(struct connection *connection, struct workload *workload, uint16_t port);

/* Sends the next batch. Answers whether there was one. */
bool connection_send(struct connection *connection, uint64_t now);

/* Sends what the kernel did not take yet. */
void connection_flush(struct connection *connection);

/* Reads once, checks the answers that are complete, and returns how many they were. */
uint32_t connection_read(struct connection *connection);

/* Whether the whole batch has been answered. */
bool connection_is_idle(const struct connection *connection);

#endif
