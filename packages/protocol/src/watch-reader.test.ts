import { describe, expect, it } from 'vitest';
import { KvError } from './kv-error.js';
import type { CommandRequest, CommandResponse } from './messages.js';
import { positionToMessage } from './position.js';
import { errorResponse, pageResponse } from './response.js';
import { valueToMessage } from './value.js';
import { WatchReader } from './watch-reader.js';

const watched = {
  ...{ table: 't', key: '', prefix: '' },
  ...{ maxMessages: 0, maxBytes: 0, overflow: 'drop-oldest' },
};

const NONE = new Uint8Array(0);
const cursor = Uint8Array.of(1);

/** A reader whose server is a script: it gives these answers, one after the other. */
function readerOf(...answers: readonly CommandResponse[]) {
  const asked: CommandRequest[] = [];
  const left = [...answers];
  const reader = new WatchReader(watched, async (request) => {
    asked.push(request);
    return left.shift() as CommandResponse;
  });
  return { reader, asked };
}

const page = (epoch: number, next?: Uint8Array): CommandResponse => ({
  ...pageResponse([{ key: 'k', value: valueToMessage(1n) }], next),
  position: positionToMessage({ epoch, sequence: 1 }),
});

const refused = errorResponse(new KvError('INVALID_COMMAND', 'no'));

describe('a table that is copied', () => {
  it('is read page by page, each by the cursor of the one before', async () => {
    const { reader, asked } = readerOf(page(3, cursor), page(3));
    expect(await reader.copy(NONE)).toEqual({
      entries: [['k', 1n]],
      position: { epoch: 3, sequence: 1 },
      cursor,
    });
    expect(await reader.copy(cursor)).toMatchObject({ cursor: NONE });
    const messages = asked.map(({ requestData }) => requestData.value);
    expect(messages).toMatchObject([
      { table: 't', cursor: NONE, positioned: true },
      { table: 't', cursor, positioned: true },
    ]);
  });

  it('is GONE if its next page is refused by a server that was started anew', async () => {
    const { reader } = readerOf(page(3, cursor), refused, page(4, cursor));
    await reader.copy(NONE);
    await expect(reader.copy(cursor)).rejects.toMatchObject({
      code: 'GONE',
      cause: { code: 'INVALID_COMMAND' },
    });
  });

  it.each([
    ['by the same server', page(3, cursor)],
    ['as all others are', refused],
  ])('fails with what its next page is refused with, %s', async (_, first) => {
    const { reader } = readerOf(page(3, cursor), refused, first);
    await reader.copy(NONE);
    await expect(reader.copy(cursor)).rejects.toMatchObject({
      code: 'INVALID_COMMAND',
      message: 'no',
    });
  });
});
