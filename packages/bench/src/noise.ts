import { readFileSync } from 'node:fs';
import type { GroupResult, Noise } from './results.js';
import { relativeSpread, spreadOf } from './spread.js';

/** Watches what else keeps the processors busy. Begins when it is called; ends with what it returns. */
export function watchOthers(): () => number {
  const before = processorTimes();
  return () => {
    const after = processorTimes();
    if (before === undefined || after === undefined) return -1;
    const all = after.all - before.all;
    const others = after.busy - before.busy - (after.own - before.own);
    return all > 0 ? Number(Math.max(0, others / all).toFixed(3)) : -1;
  };
}

/** How far the figures of these groups lie apart. */
export function noiseOf(groups: readonly GroupResult[], others: number): Noise {
  const measures = groups.flatMap((group) => group.measures);
  const rates = measures.flatMap(({ subjects }) =>
    subjects.map((subject) => spreadOf(subject.rates)),
  );
  const ratios = measures.flatMap(({ comparisons }) => comparisons.map(({ ratio }) => ratio));
  const middle = (spreads: readonly Parameters<typeof relativeSpread>[0][]): number =>
    spreads.length === 0 ? 0 : Number(spreadOf(spreads.map(relativeSpread)).median.toFixed(3));
  return { rates: middle(rates), ratios: middle(ratios), others };
}

/** In ticks of the kernel's clock, over all cores. */
interface Times {
  readonly all: number;
  readonly busy: number;
  /** Of this process, and of those it started that have ended. */
  readonly own: number;
}

/** Nothing where there is no Linux to ask. */
function processorTimes(): Times | undefined {
  try {
    // proc(5): user nice system idle iowait irq softirq steal; guest times are in user and nice.
    const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
    const times = line.split(' ').slice(0, 8).map(Number);
    const all = sum(times);
    const [, , , idle = 0, iowait = 0] = times;
    // The name of the command, in parentheses, may hold anything; utime, stime, cutime, cstime follow.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const own = sum(
      stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 15)
        .map(Number),
    );
    return { all, busy: all - idle - iowait, own };
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
