// For applications.

export { COMMAND_EFFECT } from './command-effect.js';
export type { CallOptions, CommandMethods, KvClient, Pairs, ScanOptions } from './kv-client.js';
export { ERROR_STATUS, KvError, type KvErrorCode } from './kv-error.js';
export {
  type ChangeMessage,
  type CommandMessage,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
  type PositionMessage,
  tableOf,
  topicOf,
  type ValueMessage,
} from './messages.js';
export type { Overflow, QueueOverflow } from './overflow-policy.js';
export type { Position } from './position.js';
export {
  errorResponse,
  notFoundResponse,
  okResponse,
  pageResponse,
  responseError,
} from './response.js';
export type {
  Gap,
  Message,
  SubscribeOptions,
  Subscription,
  SubscriptionEvents,
  TopicPattern,
} from './subscription.js';
export type { Value } from './value.js';
export type {
  AnyChange,
  Change,
  ChangeCause,
  ChangePage,
  CopiedEntry,
  CopyComplete,
  DeleteChange,
  SetChange,
  Watch,
  WatchItem,
} from './watch-item.js';
export type {
  ChangeFilter,
  ChangesOptions,
  WatchOptions,
  WatchOverflow,
} from './watch-options.js';

// For authors of transports, storage engines and clients.

export { type Awaitable, isPromise, whenReady } from './awaitable.js';
export { BoundedQueue } from './bounded-queue.js';
export { ByteWriter } from './byte-writer.js';
export { cancelledError, timeoutError } from './call-error.js';
export { type Cancellable, Cancellations } from './cancellations.js';
export { type ChangeDetails, writeChangeResponse } from './change-response.js';
export type { Codec } from './codec.js';
export { CommandCalls, type RequestOptions } from './command-calls.js';
export { CommandClient } from './command-client.js';
export { ConflatingQueue, type Conflation } from './conflating-queue.js';
export { DEFAULT_PORT } from './default-port.js';
export { DEFAULT_QUEUE_LIMITS } from './default-queue-limits.js';
export { Fifo } from './fifo.js';
export {
  beginFrame,
  DEFAULT_MAX_FRAME_BYTES,
  endFrame,
  type FrameFormat,
  type FrameOptions,
  frameFormat,
  LEAST_FRAME_BYTES,
} from './frame.js';
export { FrameReader } from './frame-reader.js';
export { CommandRequestSchema, CommandResponseSchema, file_abi_abi } from './gen/abi/abi_pb.js';
export { Inbox, type InboxSettings } from './inbox.js';
export { Inboxes, type PushTarget } from './inboxes.js';
export { checkList } from './list.js';
export { MAX_TIMER_MS } from './max-timer-ms.js';
export { checkOptionNames, type OptionNames } from './option-names.js';
export {
  type FullQueue,
  isOverflow,
  OVERFLOW_POLICIES,
  type OverflowPolicy,
} from './overflow-policy.js';
export { positionFromMessage, positionToMessage } from './position.js';
export { PushedMessage, PushedResponse } from './pushed-message.js';
export { reflectionCodec } from './reflection-codec.js';
export type { Sized } from './sized.js';
export { checkSocketPath } from './socket-path.js';
export { straightLineCodec } from './straight-line-codec.js';
export { checkText } from './text.js';
export {
  checkValue,
  requiredValue,
  valueFromMessage,
  valueToMessage,
} from './value.js';
export { readValueMessage, writeValueMessage } from './value-message.js';
export type { DropListener, QueueLimits, WaitingQueue } from './waiting-queue.js';
export { readUtf8 } from './wire/utf8.js';
export { writeText } from './wire/wire-writer.js';
export { withoutStack } from './without-stack.js';
