/* The data that every measurement uses: `src/data.ts` makes the same. */
#ifndef DATA_H
#define DATA_H

#include <stdint.h>

enum { KEY_BYTES = 16, VALUE_BYTES = 64 };

#define TABLE "bench"

/* Writes the key of that index: "key-000000000042". */
void data_key(uint32_t index, uint8_t key[static KEY_BYTES]);

/* Writes the one value that is ever stored under that key, so that any answer can be checked. */
void data_value(uint32_t index, uint8_t value[static VALUE_BYTES]);

#endif
