/* What the load generator knows of a protocol. Both protocols have the same shape. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

enum op {
  /* Reads a key that is there. */
  OP_HGET,
  /* Overwrites a key that is there. */
  OP_HSET,
  /* As HSET, of a key that may not be there yet. */
  OP_FILL,
};

enum { MAX_REQUEST_BYTES = 256 };

/* What parse_reply says of bytes that are no good answer. */
enum { REPLY_INCOMPLETE = 0, REPLY_WRONG = -1 };

struct protocol {
  const char *name;

  /* Writes the request for the key of that index, at most MAX_REQUEST_BYTES; returns its length. */
  size_t (*encode_request)(enum op op, uint32_t index, uint8_t *out);

  /*
   * Looks at one reply at the start of `bytes`, which must be a hit with the key's own value, or the
   * confirmation that it was stored. Returns the reply's length, REPLY_INCOMPLETE, or REPLY_WRONG.
   */
  long (*parse_reply)(enum op op, uint32_t index, const uint8_t *bytes, size_t length);
};

extern const struct protocol kv_protocol;
extern const struct protocol redis_protocol;

#endif
