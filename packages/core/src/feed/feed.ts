import type { Awaitable } from '@kv/protocol';
import type { Page, PageRequest } from '../storage/storage.js';
import type { Change, Position } from './change.js';

/** A page of a table, and the moment at which it was read. */
export interface PositionedPage {
  readonly page: Page;
  /** All changes up to here are in the page, and none after. */
  readonly position: Position;
}

/**
 * The changes of a store, in the order in which they took effect. Each is told once, when it is as durable as the
 * store promises; what failed is not told.
 */
export interface Feed {
  /** The position of the last change that was told. */
  readonly position: Position;

  /**
   * Has a listener told of each change of a table from now on, in order. It must not throw, nor change what it is
   * given, which others are given, too.
   *
   * @returns what ends it.
   */
  listen(table: string, listener: (change: Change) => void): () => void;

  /**
   * The changes of a table after a position, in order, some at a time: those that have been told when this is
   * called, and maybe some that are told meanwhile.
   *
   * @throws {KvError} `GONE`, thrown or rejected, if these are not kept any more, in part or as a whole; or if there is
   * no such position, as when a crash took it back. Nothing is skipped.
   */
  history(table: string, after: Position): Iterable<Change[]> | AsyncIterable<Change[]>;

  /**
   * A page of a table as of {@link Storage.scan}, and its moment among the changes.
   *
   * @throws what the scan throws.
   */
  page(table: string, request: PageRequest): Awaitable<PositionedPage>;
}
