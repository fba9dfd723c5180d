import { Fifo } from '@kv/protocol';

interface Offer<Item> {
  readonly item: Item;
  readonly taken: () => void;
}

/**
 * The items of several sources, as they come. Each source is asked for its next item when the one before has
 * been taken. The first that fails ends all.
 */
export async function* merge<Item>(
  sources: readonly AsyncIterable<Item>[],
): AsyncGenerator<Item, void, undefined> {
  const offers: Fifo<Offer<Item>> = new Fifo();
  let open = sources.length;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => {};
  const follow = async (source: AsyncIterable<Item>): Promise<void> => {
    try {
      for await (const item of source) {
        await new Promise<void>((taken) => {
          offers.push({ item, taken });
          wake();
        });
      }
    } catch (error) {
      failure ??= { error };
    }
    open--;
    wake();
  };
  for (const source of sources) void follow(source);
  for (;;) {
    const offer = offers.shift();
    if (offer !== undefined) {
      yield offer.item;
      offer.taken();
    } else if (failure !== undefined) {
      throw failure.error;
    } else if (open === 0) {
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
