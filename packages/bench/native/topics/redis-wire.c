/* Redis' protocol, RESP2. */
#include <stdio.h>
#include <string.h>

#include "../data.h"
#include "wire.h"

/* An array of texts, of which the last is the value of that index. */
static size_t with_value(const char *command, uint32_t index, uint8_t *out) {
  char value[VALUE_BYTES + 1];
  data_value(index, (uint8_t *)value);
  value[VALUE_BYTES] = '\0';
  return (size_t)snprintf((char *)out, MAX_BYTES, "*3\r\n$7\r\n%s\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", command,
                          strlen(TOPIC), TOPIC, VALUE_BYTES, value);
}

static size_t subscribe(uint8_t *out) {
  return (size_t)snprintf((char *)out, MAX_BYTES, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(TOPIC),
                          TOPIC);
}

static size_t subscribed(uint8_t *out) {
  return (size_t)snprintf((char *)out, MAX_BYTES, "*3\r\n$9\r\nsubscribe\r\n$%zu\r\n%s\r\n:1\r\n",
                          strlen(TOPIC), TOPIC);
}

static size_t publish(uint32_t index, uint8_t *out) { return with_value("PUBLISH", index, out); }

static size_t published(uint32_t subscribers, uint8_t *out) {
  return (size_t)snprintf((char *)out, MAX_BYTES, ":%u\r\n", subscribers);
}

static size_t message(uint32_t index, uint8_t *out) { return with_value("message", index, out); }

const struct wire redis_wire = {"redis", subscribe, subscribed, publish, published, message};
