import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { Cancellations } from './cancellations.js';
import type { KvError } from './kv-error.js';

let cancellations: Cancellations;
let controller: AbortController;
beforeEach(() => {
  cancellations = new Cancellations();
  controller = new AbortController();
});

/** What is over once it has failed. */
class Watched {
  readonly errors: KvError[] = [];
  readonly signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined = controller.signal) {
    this.signal = signal;
    cancellations.watch(this);
  }

  fail(error: KvError): void {
    this.errors.push(error);
    this.end();
  }

  end(): void {
    cancellations.forget(this);
  }
}

const listeners = (): number => getEventListeners(controller.signal, 'abort').length;

describe('what shares a signal', () => {
  it('is given up together, by one listener', () => {
    const all = Array.from({ length: 20 }, () => new Watched());
    const other = new Watched(new AbortController().signal);
    expect(listeners()).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    for (const { errors } of all) {
      expect(errors).toEqual([expect.objectContaining({ code: 'CANCELLED', cause: reason })]);
    }
    expect(other.errors).toEqual([]);
    expect(listeners()).toBe(0);
  });

  it('is given up after whoever else listens to it', () => {
    controller.signal.addEventListener('abort', () => {}, { once: true });
    const { errors } = new Watched();
    controller.abort();
    expect(errors).toEqual([expect.objectContaining({ code: 'CANCELLED' })]);
  });

  it('keeps hold of it until the last is over', () => {
    const [first, last] = [new Watched(), new Watched()];
    first.end();
    expect(listeners()).toBe(1);
    last.end();
    expect(listeners()).toBe(0);
    new Watched().end();
    expect(listeners()).toBe(0);
  });
});
