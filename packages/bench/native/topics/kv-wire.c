/* Our protocol: four bytes of length, big-endian, and a protobuf message (proto/abi/abi.proto). */
#include <string.h>

#include "../data.h"
#include "wire.h"

enum { HEADER_BYTES = 4, DELIMITED = 2, STATUS_OK = 200 };

static uint8_t *put_varint(uint8_t *out, uint32_t value) {
  for (; value > 0x7f; value >>= 7) *out++ = (uint8_t)(value | 0x80);
  *out++ = (uint8_t)value;
  return out;
}

static uint8_t *put_number(uint8_t *out, uint32_t field, uint32_t value) {
  return put_varint(put_varint(out, field << 3), value);
}

static uint8_t *put(uint8_t *out, uint32_t field, const void *bytes, size_t length) {
  out = put_varint(put_varint(out, field << 3 | DELIMITED), (uint32_t)length);
  memcpy(out, bytes, length);
  return out + length;
}

/* Appends a message Value, with the text that belongs to that index. */
static uint8_t *put_value(uint8_t *out, uint32_t field, uint32_t index) {
  uint8_t value[VALUE_BYTES], message[VALUE_BYTES + 8];
  data_value(index, value);
  uint8_t *end = put(message, 1, value, sizeof value);
  return put(out, field, message, (size_t)(end - message));
}

/* Completes the frame whose payload ends at `end`. */
static size_t frame(uint8_t *out, const uint8_t *end) {
  uint32_t length = (uint32_t)(end - out) - HEADER_BYTES;
  for (int i = 0; i < HEADER_BYTES; i++) out[i] = (uint8_t)(length >> (8 * (3 - i)));
  return HEADER_BYTES + length;
}

static size_t subscribe(uint8_t *out) {
  uint8_t command[MAX_BYTES];
  uint8_t *end = put(command, 1, TOPIC, strlen(TOPIC));
  return frame(out, put(out + HEADER_BYTES, 10, command, (size_t)(end - command)));
}

static size_t subscribed(uint8_t *out) {
  uint8_t id[8];
  uint8_t *id_end = put_number(id, 3, 1);
  uint8_t *end = put_number(out + HEADER_BYTES, 1, STATUS_OK);
  return frame(out, put(end, 3, id, (size_t)(id_end - id)));
}

static size_t publish(uint32_t index, uint8_t *out) {
  uint8_t command[MAX_BYTES];
  uint8_t *end = put(command, 1, TOPIC, strlen(TOPIC));
  end = put_value(end, 2, index);
  return frame(out, put(out + HEADER_BYTES, 12, command, (size_t)(end - command)));
}

static size_t published(uint32_t subscribers, uint8_t *out) {
  uint8_t *end = put_number(out + HEADER_BYTES, 1, STATUS_OK);
  return frame(out, put_number(end, 20, subscribers));
}

static size_t message(uint32_t index, uint8_t *out) {
  uint8_t *end = put_number(out + HEADER_BYTES, 1, STATUS_OK);
  end = put_value(end, 3, index);
  end = put(end, 17, TOPIC, strlen(TOPIC));
  return frame(out, put_number(end, 19, 1));
}

const struct wire kv_wire = {"kv", subscribe, subscribed, publish, published, message};
