#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

#include "protocol.h"

struct options {
  const struct protocol *protocol;
  enum op op;
  uint16_t port;
  uint32_t connections;
  /* Requests that each connection sends at once, before it waits for all their answers. */
  uint32_t depth;
  uint32_t keys;
  double warmup_seconds;
  double seconds;
  uint64_t seed;
  /* The server's process, if its use of the processor is to be told; or 0. */
  int server_pid;
};

/* Reads the command line; ends the process with 2 if it makes no sense. */
struct options parse_options(int argc, char **argv);

#endif
