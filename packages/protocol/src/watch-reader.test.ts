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
function readerOf(
  answers: readonly CommandResponse[],
  key = '',
  onTooLarge?: (error: KvError) => void,
) {
  const asked: CommandRequest[] = [];
  const left = [...answers];
  const reader = new WatchReader(
    { ...watched, key },
    async (request) => {
      asked.push(request);
      return left.shift() as CommandResponse;
    },
    onTooLarge,
  );
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

describe('what is too large to be answered', () => {
  const tooLarge = new KvError('TOO_LARGE', 'The change of key k is too large');
  const at = (sequence: number) => positionToMessage({ epoch: 3, sequence });
  const behind = (sequence: number) => ({ ...errorResponse(tooLarge), position: at(sequence) });
  const empty = { ...okResponse([]), page: { changes: [] }, position: at(9) };

  it('is left out of the changes, and told', async () => {
    const told: string[] = [];
    const onTooLarge = ({ message }: KvError): void => void told.push(message);
    const { reader, asked } = readerOf([behind(5), behind(6), empty], '', onTooLarge);
    expect(await reader.pull({ epoch: 3, sequence: 4 })).toEqual({
      changes: [],
      position: { epoch: 3, sequence: 9 },
    });
    expect(told).toEqual([tooLarge.message, tooLarge.message]);
    expect(asked.map(({ requestData }) => requestData.value)).toMatchObject([
      { after: at(4) },
      { after: at(5) },
      { after: at(6) },
    ]);
  });

  it('is left out of the copy, and told', async () => {
    const told: string[] = [];
    const onTooLarge = ({ message }: KvError): void => void told.push(message);
    const { reader } = readerOf([{ ...behind(5), cursor }, page(3)], '', onTooLarge);
    expect(await reader.copy(NONE)).toMatchObject({ entries: [], cursor });
    expect(await reader.copy(cursor)).toMatchObject({ entries: [['k', 1n]] });
    expect(told).toEqual([tooLarge.message]);
  });

  it('is told of a single key, too', async () => {
    const told: string[] = [];
    const onTooLarge = ({ message }: KvError): void => void told.push(message);
    const { reader } = readerOf([errorResponse(tooLarge), page(3)], 'k', onTooLarge);
    expect(await reader.read({ epoch: 3, sequence: 1 })).toMatchObject({ value: null });
    expect(told).toEqual([tooLarge.message]);
  });

  it('is why it fails, if nobody is to be told', async () => {
    const after = { epoch: 3, sequence: 4 };
    await expect(readerOf([behind(5)]).reader.pull(after)).rejects.toThrow(tooLarge);
    const page = { ...behind(5), cursor };
    await expect(readerOf([page]).reader.copy(NONE)).rejects.toThrow(tooLarge);
    const { reader } = readerOf([errorResponse(tooLarge)], 'k');
    await expect(reader.read(after)).rejects.toThrow(tooLarge);
  });

  it('ends it with what is thrown by who is told', async () => {
    const enough = new Error('enough');
    const { reader } = readerOf([behind(5)], '', () => {
      throw enough;
    });
    await expect(reader.pull({ epoch: 3, sequence: 4 })).rejects.toBe(enough);
  });
});
