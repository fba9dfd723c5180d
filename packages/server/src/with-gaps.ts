import type { Gap } from '@kv/protocol';

/**
 * What a subscription brings, and the gaps in it, in order. A gap comes as soon as it is known: the next item may be
 * long in coming.
 *
 * @param subscribe puts the subscription in place, with this listener to its gaps.
 * @throws what `subscribe` throws; and, when it is iterated over, what the subscription does.
 */
export async function withGaps<Item>(
  subscribe: (onGap: (gap: Gap) => void) => Promise<AsyncIterable<Item>>,
): Promise<AsyncIterable<Item | Gap>> {
  const gaps: Gap[] = [];
  let wake = (): void => {};
  const subscription = await subscribe((gap) => {
    gaps.push(gap);
    wake();
  });
  return {
    async *[Symbol.asyncIterator]() {
      const items = subscription[Symbol.asyncIterator]();
      const ask = (): ReturnType<typeof items.next> => {
        const item = items.next();
        // It is waited for when the gaps before it have been taken; should it fail before, that is told then.
        item.catch(() => {});
        return item;
      };
      try {
        for (let next = ask(); ; ) {
          const known = new Promise<undefined>((resolve) => {
            wake = () => resolve(undefined);
          });
          const item = gaps.length > 0 ? undefined : await Promise.race([next, known]);
          // One item at a time is asked for, so whatever gap is known by now is before it.
          yield* gaps.splice(0);
          if (item === undefined) continue;
          if (item.done) return;
          yield item.value;
          next = ask();
        }
      } finally {
        // Whoever leaves is told of no more.
        await items.return?.();
      }
    },
  };
}
