#include "workload.h"

#include <string.h>

#include "fail.h"

struct workload workload_of(const struct options *options) {
  uint8_t request[MAX_REQUEST_BYTES];
  size_t bytes = options->protocol->encode_request(options->op, 0, request);
  uint8_t *requests = allocate((size_t)options->keys * bytes);
  for (uint32_t key = 0; key < options->keys; key++) {
    options->protocol->encode_request(options->op, key, request);
    memcpy(requests + (size_t)key * bytes, request, bytes);
  }
  return (struct workload){
      .options = options, .requests = requests, .request_bytes = bytes, .random = options->seed};
}

/* xorshift64* */
static uint32_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return (uint32_t)((x * 0x2545F4914F6CDD1Dull) >> 32);
}

bool workload_next_key(struct workload *workload, uint32_t *key) {
  uint32_t keys = workload->options->keys;
  if (workload->options->op == OP_FILL) {
    *key = workload->next;
    return workload->next < keys && ++workload->next;
  }
  *key = (uint32_t)(((uint64_t)next_random(&workload->random) * keys) >> 32);
  return true;
}
