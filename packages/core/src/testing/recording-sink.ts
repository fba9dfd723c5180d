import { type PushedMessage, type Value, valueFromMessage } from '@kv/protocol';
import type { PushSink } from '../subscriptions/push-sink.js';

/** What was pushed to a peer. */
export interface Push {
  readonly id: number;
  readonly status: number;
  readonly topic: string | undefined;
  readonly values: readonly (Value | null)[];
  readonly missed: number;
}

/** A sink that keeps what is pushed, and takes as much as a test says. */
export class RecordingSink implements PushSink {
  readonly pushes: Push[] = [];
  /** How many more it takes before it is not ready. */
  room: number = Number.POSITIVE_INFINITY;
  /** The most values that a message may have. */
  maxValues: number = Number.POSITIVE_INFINITY;

  get ready(): boolean {
    return this.room > 0;
  }

  push({ response }: PushedMessage, id: number, missed: number): boolean {
    const { status, topic, values } = response;
    if (values.length > this.maxValues) return false;
    this.room--;
    this.pushes.push({ id, status, topic, values: values.map(valueFromMessage), missed });
    return true;
  }

  /** What was pushed of each message: to which subscription, and its first value or its status. */
  get summary(): unknown[] {
    return this.pushes.map(({ id, status, values }) => [id, status === 200 ? values[0] : status]);
  }
}
