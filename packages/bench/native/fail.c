#include "fail.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 200 };

void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

void fail_errno(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

void fail_reply(const char *what, const uint8_t *bytes, size_t length) {
  fprintf(stderr, "load: %s: ", what);
  for (size_t i = 0; i < length && i < SHOWN_BYTES; i++) {
    if (isprint(bytes[i])) {
      fputc(bytes[i], stderr);
    } else {
      fprintf(stderr, "\\x%02x", bytes[i]);
    }
  }
  fputc('\n', stderr);
  exit(1);
}

void *allocate(size_t bytes) {
  void *memory = calloc(1, bytes);
  if (memory == NULL) fail("out of memory");
  return memory;
}
