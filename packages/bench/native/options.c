#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "Usage: load --protocol kv|redis --port N --op fill|hget|hset [--connections N] [--depth N]\n"
    "            [--keys N] [--warmup SECONDS] [--seconds SECONDS] [--seed N] [--server-pid PID]\n";

static _Noreturn void usage(const char *option, const char *value) {
  if (option != NULL) fprintf(stderr, "load: --%s cannot be '%s'\n", option, value);
  fputs(USAGE, stderr);
  exit(2);
}

static uint64_t whole(const char *option, const char *text, uint64_t least, uint64_t most) {
  char *end;
  unsigned long long number = strtoull(text, &end, 10);
  if (*end != '\0' || text[0] < '0' || text[0] > '9' || number < least || number > most) {
    usage(option, text);
  }
  return number;
}

static double seconds(const char *option, const char *text) {
  char *end;
  double number = strtod(text, &end);
  if (end == text || *end != '\0' || !(number >= 0 && number <= 3600)) usage(option, text);
  return number;
}

static const struct protocol *protocol(const char *text) {
  if (strcmp(text, "kv") == 0) return &kv_protocol;
  if (strcmp(text, "redis") == 0) return &redis_protocol;
  usage("protocol", text);
}

static enum op op(const char *text) {
  if (strcmp(text, "fill") == 0) return OP_FILL;
  if (strcmp(text, "hget") == 0) return OP_HGET;
  if (strcmp(text, "hset") == 0) return OP_HSET;
  usage("op", text);
}

struct options parse_options(int argc, char **argv) {
  static const struct option known[] = {
      {"protocol", required_argument, NULL, 'p'},    {"port", required_argument, NULL, 'P'},
      {"op", required_argument, NULL, 'o'},          {"connections", required_argument, NULL, 'c'},
      {"depth", required_argument, NULL, 'd'},       {"keys", required_argument, NULL, 'k'},
      {"warmup", required_argument, NULL, 'w'},      {"seconds", required_argument, NULL, 's'},
      {"seed", required_argument, NULL, 'S'},        {"server-pid", required_argument, NULL, 'i'},
      {NULL, 0, NULL, 0},
  };
  struct options options = {
      .op = OP_HGET, .connections = 50, .depth = 1, .keys = 100000, .seconds = 1, .seed = 1};
  int letter, index;
  while ((letter = getopt_long(argc, argv, "", known, &index)) != -1) {
    if (letter == '?') usage(NULL, NULL);
    const char *name = known[index].name;
    switch (letter) {
      case 'p': options.protocol = protocol(optarg); break;
      case 'o': options.op = op(optarg); break;
      case 'P': options.port = (uint16_t)whole(name, optarg, 1, 65535); break;
      case 'c': options.connections = (uint32_t)whole(name, optarg, 1, 10000); break;
      case 'd': options.depth = (uint32_t)whole(name, optarg, 1, 10000); break;
      case 'k': options.keys = (uint32_t)whole(name, optarg, 1, 10000000); break;
      case 'w': options.warmup_seconds = seconds(name, optarg); break;
      case 's': options.seconds = seconds(name, optarg); break;
      case 'S': options.seed = whole(name, optarg, 1, UINT64_MAX); break;
      case 'i': options.server_pid = (int)whole(name, optarg, 1, INT32_MAX); break;
    }
  }
  if (optind < argc || options.protocol == NULL || options.port == 0) usage(NULL, NULL);
  return options;
}
