/* Redis' protocol, RESP2: the table is one hash. */
#include "protocol.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "data.h"

/* Appends a bulk string. */
static uint8_t *put(uint8_t *out, const void *bytes, size_t length) {
  out += sprintf((char *)out, "$%zu\r\n", length);
  memcpy(out, bytes, length);
  memcpy(out + length, "\r\n", 2);
  return out + length + 2;
}

static size_t encode_request(enum op op, uint32_t index, uint8_t *out) {
  uint8_t key[KEY_BYTES], value[VALUE_BYTES];
  data_key(index, key);
  data_value(index, value);

  uint8_t *end = out + sprintf((char *)out, "*%d\r\n", op == OP_HGET ? 3 : 4);
  end = put(end, op == OP_HGET ? "HGET" : "HSET", 4);
  end = put(end, TABLE, strlen(TABLE));
  end = put(end, key, sizeof key);
  if (op != OP_HGET) end = put(end, value, sizeof value);
  return (size_t)(end - out);
}

/* Whether what follows a bulk string's length is the value that belongs to that key. */
static bool is_value_of(uint32_t index, const uint8_t *bytes) {
  uint8_t expected[VALUE_BYTES];
  data_value(index, expected);
  return memcmp(bytes, expected, VALUE_BYTES) == 0 && memcmp(bytes + VALUE_BYTES, "\r\n", 2) == 0;
}

/* The number in a line such as ":0" or "$64". */
static long line_number(const uint8_t *line, const uint8_t *end) {
  long number = 0;
  for (const uint8_t *at = line + 1; at < end; at++) {
    if (*at < '0' || *at > '9') return -1;
    number = number * 10 + (*at - '0');
  }
  return number;
}

static long parse_reply(enum op op, uint32_t index, const uint8_t *bytes, size_t length) {
  const uint8_t *newline = memchr(bytes, '\n', length);
  if (newline == NULL) return REPLY_INCOMPLETE;
  const uint8_t *line_end = newline - 1;
  size_t line = (size_t)(newline + 1 - bytes);
  if (line < 4 || *line_end != '\r') return REPLY_WRONG;
  long number = line_number(bytes, line_end);

  /* HSET answers how many fields are new: none, once all are there. */
  if (bytes[0] == ':' && op == OP_HSET) return number == 0 ? (long)line : REPLY_WRONG;
  if (bytes[0] == ':' && op == OP_FILL) return number >= 0 ? (long)line : REPLY_WRONG;

  if (bytes[0] != '$' || op != OP_HGET || number != VALUE_BYTES) return REPLY_WRONG;
  if (length < line + VALUE_BYTES + 2) return REPLY_INCOMPLETE;
  return is_value_of(index, bytes + line) ? (long)(line + VALUE_BYTES + 2) : REPLY_WRONG;
}

const struct protocol redis_protocol = {"redis", encode_request, parse_reply};
