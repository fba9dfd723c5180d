// For applications.

export {
  type AnyChange,
  type CallOptions,
  type Change,
  type ChangeCause,
  type ChangeFilter,
  type ChangePage,
  type ChangesOptions,
  COMMAND_EFFECT,
  type CommandMessage,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  type CopiedEntry,
  type CopyComplete,
  commandRequest,
  type DeleteChange,
  ERROR_STATUS,
  errorResponse,
  type Gap,
  type KvClient,
  KvError,
  type KvErrorCode,
  type Message,
  type Overflow,
  okResponse,
  type Pairs,
  type Position,
  responseError,
  type ScanOptions,
  type SetChange,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEvents,
  type TopicPattern,
  tableOf,
  topicOf,
  type Value,
  valueFromMessage,
  valueToMessage,
  type Watch,
  type WatchItem,
  type WatchOptions,
  type WatchOverflow,
} from '@kv/protocol';
export {
  type Access,
  allowByIdentity,
  type Identity,
  type IdentityRule,
} from './auth/allow-by-identity.js';
export type { CommandContext, CommandService } from './command-service.js';
export { changes } from './commands/changes.js';
export { hdel } from './commands/hdel.js';
export { hexist } from './commands/hexist.js';
export { hget } from './commands/hget.js';
export { hgetall } from './commands/hgetall.js';
export { hmdel } from './commands/hmdel.js';
export { hmexist } from './commands/hmexist.js';
export { hmget } from './commands/hmget.js';
export { hmset } from './commands/hmset.js';
export { hscan } from './commands/hscan.js';
export { hset } from './commands/hset.js';
export { publish } from './commands/publish.js';
export { snapshot } from './commands/snapshot.js';
export { subscribe } from './commands/subscribe.js';
export { unsubscribe } from './commands/unsubscribe.js';
export { watch } from './commands/watch.js';
export { dispatch } from './dispatch.js';
export { Engine, type EngineOptions, type EngineStats, type SessionOptions } from './engine.js';
export type { HookBus } from './hooks/hook-bus.js';
export type {
  AfterResponseSendContext,
  BeforeResponseSendContext,
  HookContext,
  HookEvents,
  HookName,
  RequestExecutedContext,
  RequestReceivedContext,
} from './hooks/hook-events.js';
export { DEFAULT_LIMITS, type LimitOptions, type Limits, type NameLimits } from './limits.js';
export type { Peer, PeerTls } from './peer.js';
export type { ErrorOrigin, ErrorReporter } from './request-line.js';
export { MemoryStorage, type MemoryStorageOptions } from './storage/memory-storage.js';
export {
  SlabStorage,
  type SlabStorageOptions,
  type SlabStorageStats,
} from './storage/slab/slab-storage.js';

// For authors of transports and storage engines.

export { type Awaitable, isPromise, whenReady } from '@kv/protocol';
export type { Send, Sent } from './answer-queue.js';
export type { AnswerSink } from './deferred-answer.js';
export type {
  Feed,
  FeedListener,
  Listening,
  PositionedPage,
  ProgressListener,
} from './feed/feed.js';
export type { FeedChange } from './feed/feed-change.js';
export type { RecordingOptions } from './feed/recording-options.js';
export { RecordingStorage } from './feed/recording-storage.js';
export { MAX_PREFETCH } from './lane/lane.js';
export { LaneReader } from './lane/lane-reader.js';
export type { LaneOutcome, Session } from './session.js';
export { entryBytes } from './storage/entry-bytes.js';
export type { Allocate } from './storage/slab/allocate.js';
export type { KeyHash } from './storage/slab/key-hash.js';
export type { SlabDump, TakeEntries } from './storage/slab/slab-dump.js';
export type { SlabParts } from './storage/slab/slab-store.js';
export {
  checkOps,
  type Entry,
  type Page,
  type PageRequest,
  type Storage,
  type StorageCapabilities,
  type WriteOp,
} from './storage/storage.js';
export type {
  BatchCommand,
  BatchItems,
  BatchRequest,
  LaneAnswer,
  LaneCommand,
  LaneRequest,
  StorageLane,
  TableRequest,
} from './storage/storage-lane.js';
export type { PushSink } from './subscriptions/push-sink.js';
export { type SubscriptionLimits, Subscriptions } from './subscriptions/subscriptions.js';
export { Topics } from './topics/topics.js';
export type { ListenAddress, ListenOptions, Transport } from './transport.js';
