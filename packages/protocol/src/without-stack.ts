/**
 * Makes an error without a stack trace. For errors that answer a peer's mistake: where they came up
 * says nothing, and a peer that does nothing else must not cost many times what a good one does.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
