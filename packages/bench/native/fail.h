/* Every failure ends the process with 1 and a line that says why: a figure is right or not there. */
#ifndef FAIL_H
#define FAIL_H

#include <stddef.h>
#include <stdint.h>

_Noreturn void fail(const char *what);

/* With the reason of the last system call. */
_Noreturn void fail_errno(const char *what);

/* With the beginning of what the server sent. */
_Noreturn void fail_reply(const char *what, const uint8_t *bytes, size_t length);

/* Memory, filled with zeroes. */
void *allocate(size_t bytes);

#endif
