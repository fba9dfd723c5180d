import type { CommandRequest, Engine, HookContext, HookName } from '@kv/core';

/** One call of a listener. */
export interface HookCall {
  readonly name: HookName;
  /** The key that the request is about; undefined if it has none. */
  readonly key: string | undefined;
  readonly context: HookContext;
}

/**
 * Listens at all four hook points.
 *
 * @returns the calls, to which later ones are added.
 */
export function logHooks({ hooks }: Engine): HookCall[] {
  const calls: HookCall[] = [];
  const log =
    (name: HookName) =>
    (context: HookContext & { readonly request: CommandRequest }): void => {
      calls.push({ name, key: keyOf(context.request), context });
    };
  hooks.on('requestReceived', log('requestReceived'));
  hooks.on('requestExecuted', log('requestExecuted'));
  hooks.on('beforeResponseSend', log('beforeResponseSend'));
  hooks.on('afterResponseSend', log('afterResponseSend'));
  return calls;
}

/** What `afterResponseSend` saw of one request. */
export interface SentCall {
  readonly key: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly error: Error | undefined;
}

/**
 * Listens at `afterResponseSend`.
 *
 * @returns the calls, to which later ones are added.
 */
export function logSent({ hooks }: Engine): SentCall[] {
  const calls: SentCall[] = [];
  hooks.on('afterResponseSend', ({ request, response, durationMs, error }) => {
    calls.push({ key: keyOf(request), status: response.status, durationMs, error });
  });
  return calls;
}

/** The key that a request is about, if it is about just one. */
export function keyOf({ requestData: { value } }: CommandRequest): string | undefined {
  if (value === undefined) return undefined;
  if ('key' in value) return value.key;
  return 'pair' in value ? value.pair?.key : undefined;
}
