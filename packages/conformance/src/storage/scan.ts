import type { Entry, Page, PageRequest, Storage } from '@kv/core';
import { expect } from 'vitest';

/** The longest key, and a little more. */
const MAX_POSITION_BYTES = 4096 + 64;

/** More than any scan of a check needs. */
const MOST_PAGES = 10_000;

/** One page; all of the table, unless something else is said. */
export async function pageOf(
  storage: Storage,
  table: string,
  request: Partial<PageRequest> = {},
): Promise<Page> {
  const whole = { position: undefined, prefix: '', limit: 1_000_000, maxBytes: 2 ** 30 };
  const page = await storage.scan(table, { ...whole, ...request });
  if (page.next !== undefined) {
    expect(page.next, 'the next position').toBeInstanceOf(Uint8Array);
    expect(page.next.length, 'bytes of the next position').toBeLessThanOrEqual(MAX_POSITION_BYTES);
  }
  return page;
}

/**
 * The pages of a scan. `between` is called after each and waited for.
 *
 * @throws if there is no end to it.
 */
export async function pagesOf(
  storage: Storage,
  table: string,
  request: Partial<PageRequest>,
  between: (page: Page, index: number) => unknown = () => {},
): Promise<Page[]> {
  const pages: Page[] = [];
  let position: Uint8Array | undefined;
  do {
    const page = await pageOf(storage, table, { ...request, position });
    await between(page, pages.length);
    pages.push(page);
    if (pages.length > MOST_PAGES) throw new Error(`No end after ${MOST_PAGES} pages`);
    position = page.next;
  } while (position !== undefined);
  return pages;
}

/** What all pages of a scan have together. */
export async function scan(...args: Parameters<typeof pagesOf>): Promise<Entry[]> {
  return (await pagesOf(...args)).flatMap(({ entries }) => entries);
}
