import {
  type Awaitable,
  type FeedChange,
  type FeedListener,
  type Listening,
  type PageRequest,
  type Position,
  type PositionedPage,
  RecordingStorage,
  type Storage,
  type Value,
} from '@kv/core';
import type { Fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Feeds that do not tell what has happened. */
export const feedFaults: readonly Fault[] = [
  feedFault(
    'tells the new value for the old one',
    /^a feed tells each change/,
    class extends RecordingStorage {
      override listen(table: string, listener: FeedListener): Listening {
        return super.listen(table, (change, count) =>
          listener({ ...change, old: change.value }, count),
        );
      }
    },
  ),
  feedFault(
    'tells deletions that have deleted nothing',
    /^a feed tells nothing of what changes nothing/,
    class extends RecordingStorage {
      #listener: FeedListener | undefined;
      override listen(table: string, listener: FeedListener): Listening {
        if (table === 'table') this.#listener = listener;
        return super.listen(table, listener);
      }
      override async del(table: string, key: string): Promise<Value | undefined> {
        const old = await super.del(table, key);
        const { position } = this;
        const change = { position, table, key, value: undefined, old, oldKnown: true };
        if (old === undefined) this.#listener?.({ ...change, cause: 'delete' }, 1);
        return old;
      }
    },
  ),
  feedFault(
    'goes on telling who listens no more',
    /^a listener is told of its table alone/,
    class extends RecordingStorage {
      override listen(table: string, listener: FeedListener): Listening {
        const { position } = super.listen(table, listener);
        return { position, end() {} };
      }
    },
  ),
  feedFault(
    'tells the very bytes that the caller has',
    /^a feed tells values that nobody else can change/,
    class extends RecordingStorage {
      #given: Value | undefined;
      override set(table: string, key: string, value: Value): Awaitable<Value | undefined> {
        this.#given ??= value;
        return super.set(table, key, value);
      }
      override listen(table: string, listener: FeedListener): Listening {
        return super.listen(table, (change, count) => {
          const isBytes = change.value instanceof Uint8Array;
          listener(isBytes ? { ...change, value: this.#given } : change, count);
        });
      }
    },
  ),
  feedFault(
    'tells a deletion behind what follows on it',
    /^a feed tells calls that overlap/,
    class extends RecordingStorage {
      override listen(table: string, listener: FeedListener): Listening {
        const held: FeedChange[] = [];
        return super.listen(table, (change, count) => {
          if (change.cause === 'delete') held.push(change);
          else for (const each of [change, ...held.splice(0)]) listener(each, count);
        });
      }
    },
  ),
  feedFault(
    'tells again the change whose position was given',
    /^what came after a position is told again/,
    class extends RecordingStorage {
      override history(
        table: string,
        { epoch, sequence }: Position,
      ): Generator<FeedChange[], void, undefined> {
        return super.history(table, { epoch, sequence: Math.max(0, sequence - 1) });
      }
    },
  ),
  feedFault(
    'takes a position that it does not know for the last one',
    /^a position that there never was/,
    class extends RecordingStorage {
      override *history(table: string, after: Position): Generator<FeedChange[], void, undefined> {
        try {
          yield* super.history(table, after);
        } catch {
          // There is nothing to tell.
        }
      }
    },
  ),
  feedFault(
    'takes the position of a page when it is asked for it',
    /^the pages of a table, and the changes/,
    class extends RecordingStorage {
      override async page(table: string, request: PageRequest): Promise<PositionedPage> {
        const { page } = await super.page(table, request);
        const { position } = this;
        return { page, position };
      }
    },
  ),
  feedFault(
    'tells all positions of pages as the one at which the storage was opened',
    /^the pages of a table, and the changes/,
    class extends RecordingStorage {
      override async page(table: string, request: PageRequest): Promise<PositionedPage> {
        const { page, position } = await super.page(table, request);
        return { page, position: { ...position, sequence: 0 } };
      }
    },
  ),
  feedFault(
    'skips what came before it was opened',
    /^a position from before the storage was opened again/,
    class extends RecordingStorage {
      override *history(table: string, after: Position): Generator<FeedChange[], void, undefined> {
        try {
          yield* super.history(table, after);
        } catch {
          // It takes them for told.
        }
      }
    },
  ),
];

function feedFault(
  what: string,
  caughtBy: RegExp,
  Faulty: new (storage: Storage) => RecordingStorage,
): Fault {
  return { fault: what, caughtBy, open: () => reopenable(new ModelStorage(), Faulty) };
}

/** A storage with a faulty feed, which can be opened again as a {@link ModelStorage} can. */
function reopenable(
  model: ModelStorage,
  Faulty: new (storage: Storage) => RecordingStorage,
): Storage {
  const storage = new Faulty(model);
  const reopen = async (): Promise<Storage> => reopenable(await model.reopen(), Faulty);
  return Object.assign(storage, { reopen });
}
