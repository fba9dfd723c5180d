export {
  type CallOptions,
  ERROR_STATUS,
  type Gap,
  type KvClient,
  KvError,
  type KvErrorCode,
  type Message,
  type Overflow,
  type Pairs,
  type ScanOptions,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEvents,
  type TopicPattern,
  type Value,
} from '@kv/protocol';
export { Client, type ClientEvents, connect } from './client.js';
export type { ClientOptions } from './options.js';
export type { Target } from './target.js';
export type { TlsClientOptions } from './tls-options.js';
