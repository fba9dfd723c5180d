import { getEventListeners } from 'node:events';
import { commandRequest, okResponse } from '@kv/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Call } from './call.js';
import { Cancellations } from './cancellations.js';

let cancellations: Cancellations;
let controller: AbortController;
beforeEach(() => {
  cancellations = new Cancellations();
  controller = new AbortController();
});

function watched(signal: AbortSignal): Call {
  const request = commandRequest('hget', { table: 't', key: 'k' });
  const call = new Call(request, 1000, false, signal, (call) => cancellations.forget(call));
  cancellations.watch(call);
  return call;
}

const listeners = (): number => getEventListeners(controller.signal, 'abort').length;

describe('calls that share a signal', () => {
  it('are given up together, by one listener', async () => {
    const calls = Array.from({ length: 20 }, () => watched(controller.signal));
    const other = watched(new AbortController().signal);
    expect(listeners()).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    for (const { promise } of calls) {
      await expect(promise).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    }
    expect(other.settled).toBe(false);
    expect(listeners()).toBe(0);
  });

  it('are given up after whoever else listens to it', async () => {
    controller.signal.addEventListener('abort', () => {}, { once: true });
    const { promise } = watched(controller.signal);
    controller.abort();
    await expect(promise).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('keep hold of it until the last is over', () => {
    const [first, last] = [watched(controller.signal), watched(controller.signal)];
    first.answer(okResponse([]));
    expect(listeners()).toBe(1);
    last.answer(okResponse([]));
    expect(listeners()).toBe(0);
    watched(controller.signal).answer(okResponse([]));
    expect(listeners()).toBe(0);
  });
});
