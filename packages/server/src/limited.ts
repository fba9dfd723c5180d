/** No more than so many items, the last of which is not followed by a wait for another. */
export async function* limited<Item>(
  items: AsyncIterable<Item>,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void, undefined> {
  let left = limit;
  for await (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}
