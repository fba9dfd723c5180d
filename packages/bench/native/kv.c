/* Our protocol: four bytes of length, big-endian, and a protobuf message (proto/abi/abi.proto). */
#include "protocol.h"

#include <stdbool.h>
#include <string.h>

#include "data.h"

enum { HEADER_BYTES = 4, STATUS_OK = 200 };

enum wire_type { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };

/* Appends a length-delimited field. Everything here is shorter than 128 bytes: one byte of length. */
static uint8_t *put(uint8_t *out, uint8_t field, const void *bytes, size_t length) {
  *out++ = (uint8_t)(field << 3 | DELIMITED);
  *out++ = (uint8_t)length;
  memcpy(out, bytes, length);
  return out + length;
}

static size_t encode_request(enum op op, uint32_t index, uint8_t *out) {
  uint8_t key[KEY_BYTES], value[VALUE_BYTES];
  data_key(index, key);
  data_value(index, value);

  uint8_t command[128], pair[128], message[128];
  uint8_t *end = put(command, 1, TABLE, strlen(TABLE));
  if (op == OP_HGET) {
    end = put(end, 2, key, sizeof key);
  } else {
    uint8_t *message_end = put(message, 1, value, sizeof value);
    uint8_t *pair_end = put(pair, 1, key, sizeof key);
    pair_end = put(pair_end, 2, message, (size_t)(message_end - message));
    end = put(end, 2, pair, (size_t)(pair_end - pair));
  }
  uint8_t *payload = out + HEADER_BYTES;
  end = put(payload, op == OP_HGET ? 1 : 4, command, (size_t)(end - command));
  uint32_t length = (uint32_t)(end - payload);
  for (int i = 0; i < HEADER_BYTES; i++) out[i] = (uint8_t)(length >> (8 * (3 - i)));
  return HEADER_BYTES + length;
}

struct field {
  uint64_t number;
  /* The value of a varint. */
  uint64_t varint;
  /* The contents of a length-delimited field. */
  const uint8_t *bytes;
  size_t length;
};

static bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
    uint8_t byte = *(*at)++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

/* Takes the next field of a message. */
static bool take_field(const uint8_t **at, const uint8_t *end, struct field *field) {
  uint64_t tag, length;
  if (!take_varint(at, end, &tag)) return false;
  field->number = tag >> 3;
  switch (tag & 7) {
    case VARINT: return take_varint(at, end, &field->varint);
    case DELIMITED:
      if (!take_varint(at, end, &length)) return false;
      break;
    case FIXED64: length = 8; break;
    case FIXED32: length = 4; break;
    default: return false;
  }
  if (length > (uint64_t)(end - *at)) return false;
  field->bytes = *at;
  field->length = length;
  *at += length;
  return true;
}

/* Whether a Value message holds the string that belongs to that key. */
static bool is_value_of(uint32_t index, const uint8_t *at, size_t length) {
  uint8_t expected[VALUE_BYTES];
  data_value(index, expected);
  const uint8_t *end = at + length;
  struct field field;
  if (!take_field(&at, end, &field) || field.number != 1 || at != end) return false;
  return field.length == VALUE_BYTES && memcmp(field.bytes, expected, VALUE_BYTES) == 0;
}

static bool is_good(enum op op, uint32_t index, const uint8_t *at, const uint8_t *end) {
  uint64_t status = 0;
  unsigned values = 0;
  while (at < end) {
    struct field field;
    if (!take_field(&at, end, &field)) return false;
    if (field.number == 1) status = field.varint;
    if (field.number != 3) continue;
    values++;
    /* A first HSET answers an empty value: there was none. */
    bool first = op == OP_FILL && field.length == 0;
    if (!first && !is_value_of(index, field.bytes, field.length)) return false;
  }
  return status == STATUS_OK && values == 1;
}

static long parse_reply(enum op op, uint32_t index, const uint8_t *bytes, size_t length) {
  if (length < HEADER_BYTES) return REPLY_INCOMPLETE;
  size_t payload = 0;
  for (int i = 0; i < HEADER_BYTES; i++) payload = payload << 8 | bytes[i];
  if (length - HEADER_BYTES < payload) return REPLY_INCOMPLETE;
  const uint8_t *start = bytes + HEADER_BYTES;
  return is_good(op, index, start, start + payload) ? (long)(HEADER_BYTES + payload) : REPLY_WRONG;
}

const struct protocol kv_protocol = {"kv", encode_request, parse_reply};
