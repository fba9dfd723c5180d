/* Which requests are sent: all are encoded beforehand, one for each key. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

struct workload {
  const struct options *options;
  /* One after the other by the index of the key, all of the same length. */
  uint8_t *requests;
  size_t request_bytes;
  uint64_t random;
  /* The next key to fill in. */
  uint32_t next;
};

struct workload workload_of(const struct options *options);

/* The key of the next request: a random one; or each once, when filling. False if that was all. */
bool workload_next_key(struct workload *workload, uint32_t *key);

#endif
