import { describe, expect, it } from 'vitest';
import { KvError } from './kv-error.js';
import type { CommandRequest, CommandResponse } from './messages.js';
import { positionToMessage } from './position.js';
import { errorResponse, notFoundResponse, okResponse, pageResponse } from './response.js';
import { type Value, valueToMessage } from './value.js';
import { WatchReader } from './watch-reader.js';

const watched = {
  ...{ table: 't', key: '', prefix: '' },
  ...{ maxMessages: 0, maxBytes: 0, overflow: 'drop-oldest' },
};

const NONE = new Uint8Array(0);
const cursor = Uint8Array.of(1);

/** A reader whose server is a script: it gives these answers, one after the other. */
function readerOf(answers: readonly CommandResponse[], key = '') {
  const asked: CommandRequest[] = [];
  const left = [...answers];
  const reader = new WatchReader({ ...watched, key }, async (request) => {
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
    const { reader, asked } = readerOf([page(3, cursor), page(3)]);
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
    const { reader } = readerOf([page(3, cursor), refused, page(4, cursor)]);
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
    const { reader } = readerOf([page(3, cursor), refused, first]);
    await reader.copy(NONE);
    await expect(reader.copy(cursor)).rejects.toMatchObject({
      code: 'INVALID_COMMAND',
      message: 'no',
    });
  });
});

describe('a single key', () => {
  const found = (value: Value | null): CommandResponse => okResponse([valueToMessage(value)]);
  const since = { epoch: 3, sequence: 1 };

  it('is read alone, and then a position', async () => {
    const { reader, asked } = readerOf([found('v'), page(3, cursor)], 'k');
    expect(await reader.read(since)).toEqual({ value: 'v', position: { epoch: 3, sequence: 1 } });
    expect(asked.map(({ requestData }) => requestData)).toMatchObject([
      { case: 'hget', value: { table: 't', key: 'k' } },
      { case: 'hscan', value: { table: 't', prefix: 'k', limit: 1, positioned: true } },
    ]);
  });

  it('is read again, if the server was started anew before there was a position', async () => {
    const { reader } = readerOf([found('lost'), page(4), found('v'), page(4)], 'k');
    expect(await reader.read(since)).toMatchObject({ value: 'v', position: { epoch: 4 } });
  });

  it('may not be there', async () => {
    const { reader } = readerOf([notFoundResponse('t', 'k'), page(3)], 'k');
    expect(await reader.read(since)).toMatchObject({ value: null });
  });

  it('has a position, though another that begins with it is too large to be answered', async () => {
    const { position } = page(3);
    const tooLarge = { ...errorResponse(new KvError('TOO_LARGE', 'ka')), cursor, position };
    const { reader } = readerOf([found('v'), tooLarge], 'k');
    expect(await reader.read(since)).toMatchObject({ value: 'v', position: { epoch: 3 } });
  });

  it.each([
    ['its value', [refused]],
    ['the position', [found('v'), refused]],
  ])('fails with what it is refused with: %s', async (_, answers) => {
    const { reader } = readerOf(answers, 'k');
    await expect(reader.read(since)).rejects.toMatchObject({ code: 'INVALID_COMMAND' });
  });
});
