import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../testing/random.js';
import { type Call, failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, appendMany, openLog, type TestLog } from '../testing/test-log.js';
import type { LogOptions } from './log-options.js';

const MODES: readonly Partial<LogOptions>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
];

/** What is done to a log. */
type Step =
  | { readonly kind: 'commit'; readonly writes: readonly (readonly string[])[] }
  | { readonly kind: 'sync' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'reopen' };

const write = fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      writes: fc.array(write, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sync' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 1500 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'rotate' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

/** What was tried until the machine stopped, and what of it was durable then. */
class History {
  /** Every change, in order, whether its commit came to an end or not. */
  readonly tried: string[];
  /** After how many changes a commit ended: what was committed together is there or not. */
  readonly ends: Set<number>;
  durable: number;

  constructor(found: readonly string[]) {
    this.tried = [...found];
    this.ends = new Set([found.length]);
    this.durable = found.length;
  }

  add(changes: readonly string[]): void {
    this.tried.push(...changes);
    this.ends.add(this.tried.length);
  }
}

/** Opens a log and does things to it until something fails: the machine has stopped then. */
async function live(
  fileSystem: SimulatedFileSystem,
  mode: Partial<LogOptions>,
  steps: readonly Step[],
  history: History,
): Promise<void> {
  try {
    let opened = await openLog(fileSystem, mode);
    for (const each of steps) {
      if (each.kind === 'reopen') {
        await opened.log.close();
        opened = await openLog(fileSystem, mode);
      } else {
        await take(each, opened, history);
      }
      history.durable = opened.log.durable;
    }
  } catch (error) {
    if (!hasStopped(error)) throw error;
  }
}

async function take(
  each: Exclude<Step, { kind: 'reopen' }>,
  { log, clock }: TestLog,
  history: History,
): Promise<void> {
  if (each.kind === 'sync') return log.sync();
  if (each.kind === 'pass') return clock.pass(each.ms);
  if (each.kind === 'rotate') return log.rotate();
  for (const texts of each.writes) {
    if (texts.length === 1) append(log.block, ...texts);
    else appendMany(log.block, ...texts);
  }
  history.add(each.writes.flat());
  await log.commit();
}

/** The error of whatever is done when the machine has stopped. */
const STOPPED = 'ESTOPPED';

/** From a call on, all fail. */
function stopAt(index: number): (call: Call) => void {
  return (call) => {
    if (call.index >= index) throw failure(STOPPED, call.path);
  };
}

/** Whether it is because the machine has stopped that something was refused. */
function hasStopped(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === STOPPED) || hasStopped(error.cause);
}

describe.each(MODES)('a log with %o', (mode) => {
  it('has after crashes what was durable, and of the rest no more than a beginning', async () => {
    const lives = fc.array(
      fc.record({
        steps: fc.array(step, { minLength: 1, maxLength: 12 }),
        calls: fc.nat({ max: 120 }),
        seed: fc.nat(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(lives, async (all) => {
        let fileSystem = new SimulatedFileSystem();
        let found: readonly string[] = [];
        for (const { steps, calls, seed } of all) {
          const history = new History(found);
          fileSystem.onCall = stopAt(calls);
          await live(fileSystem, mode, steps, history);
          fileSystem = fileSystem.afterCrash(randomFrom(seed));
          const { replayed } = await openLog(fileSystem.copy(), mode);
          expect(replayed).toEqual(history.tried.slice(0, replayed.length));
          expect(replayed.length).toBeGreaterThanOrEqual(history.durable);
          expect(history.ends).toContain(replayed.length);
          found = replayed;
        }
      }),
      { numRuns: 150 },
    );
  });
});
