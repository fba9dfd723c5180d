/** A value that may be there at once, and must then cost no promise. */
export type Awaitable<T> = T | Promise<T>;

/** Whether `value` is still to come. Anything with a `then` counts, as it does for `await`. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/**
 * Goes on with `value` when it is there: at once if it is.
 *
 * @returns what `next` returns; a promise of it only if there was something to wait for.
 */
export function whenReady<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}
