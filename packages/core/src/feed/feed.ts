import type { Awaitable, Position } from '@kv/protocol';
import type { Page, PageRequest } from '../storage/storage.js';
import type { FeedChange } from './feed-change.js';

/** A page of a table, and the moment at which it was read. */
export interface PositionedPage {
  readonly page: Page;
  /** All changes up to here are in the page, and none after. */
  readonly position: Position;
}

/**
 * Told of a change. It must not throw, nor change what it is given, which others are given, too.
 *
 * @param listeners how many are told of it.
 */
export type FeedListener = (change: FeedChange, listeners: number) => void;

/**
 * Told of a position up to which all changes of a table have been told, when there were none for long: in time for
 * who goes on from there, before earlier ones are given up. It must not throw.
 */
export type ProgressListener = (position: Position) => void;

/** What somebody hears of a table. */
export interface Listening {
  /** All changes after this position are told, and none before. It may be later than {@link Feed.position}. */
  readonly position: Position;
  /** Ends it. */
  end(): void;
}

/**
 * The changes of a store, in the order in which they took effect. Each is told once, when it is as durable as the
 * store promises; what failed is not told.
 */
export interface Feed {
  /** The position of the last change that was told. */
  readonly position: Position;

  /**
   * Has a listener told of each change of a table from now on, in order.
   *
   * @param progressed told, between the changes, how far the listener has come: for feeds whose positions are good for
   * longer than the process lasts, as only these can give up what a quiet listener will go on from.
   */
  listen(table: string, listener: FeedListener, progressed?: ProgressListener): Listening;

  /**
   * The changes of a table after a position, in order, some at a time: those that have been told when this is
   * called, and maybe some that are told meanwhile.
   *
   * @throws {KvError} `GONE`, thrown or rejected, if these are not kept any more, in part or as a whole; or if there is
   * no such position, as when a crash took it back. Nothing is skipped.
   */
  history(table: string, after: Position): Iterable<FeedChange[]> | AsyncIterable<FeedChange[]>;

  /**
   * A page of a table as of {@link Storage.scan}, and its moment among the changes. It comes when all changes
   * up to there have been told.
   *
   * @throws what the scan throws.
   */
  page(table: string, request: PageRequest): Awaitable<PositionedPage>;
}
