/* What the fan-out generator knows of a protocol: the very bytes that are sent, and that must come. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_BYTES = 256 };

struct wire {
  const char *name;

  /* Each writes at most MAX_BYTES to `out`, and returns how many. */

  size_t (*subscribe)(uint8_t *out);
  /* The answer to that: on each connection it is the first. */
  size_t (*subscribed)(uint8_t *out);
  /* Publishes the value of that index, as `data.h` has it. */
  size_t (*publish)(uint32_t index, uint8_t *out);
  /* The answer to that, if so many subscribers have got it. */
  size_t (*published)(uint32_t subscribers, uint8_t *out);
  /* What each subscriber is sent. */
  size_t (*message)(uint32_t index, uint8_t *out);
};

#define TOPIC "bench"

extern const struct wire kv_wire;
extern const struct wire redis_wire;

#endif
