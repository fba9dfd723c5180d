#include "data.h"

#include <string.h>

void data_key(uint32_t index, uint8_t key[static KEY_BYTES]) {
  memcpy(key, "key-000000000000", KEY_BYTES);
  for (int at = KEY_BYTES - 1; index > 0; index /= 10) key[at--] = (uint8_t)('0' + index % 10);
}

void data_value(uint32_t index, uint8_t value[static VALUE_BYTES]) {
  data_key(index, value);
  memset(value + KEY_BYTES, 'v', VALUE_BYTES - KEY_BYTES);
}
