import type { Measure, Pairing } from './group.js';
import type { LoadFigures, MeasureResult, Sample, SubjectResult } from './results.js';
import { type Spread, spreadOf } from './spread.js';
import type { Turns } from './take-turns.js';

interface Collected {
  readonly measure: Measure;
  /** Run by run. */
  readonly runs: Turns[];
}

/** Collects what the runs give, and makes results of it. */
export class Samples {
  readonly #measures: Map<string, Collected> = new Map();

  /** Adds a run of a measure. */
  add(measure: Measure, turns: Turns): void {
    const collected = this.#measures.get(measure.name);
    if (collected === undefined) this.#measures.set(measure.name, { measure, runs: [turns] });
    else collected.runs.push(turns);
  }

  results(): MeasureResult[] {
    return Array.from(this.#measures.values(), ({ measure, runs }) => {
      const has = (name: string): boolean => runs.every((turns) => turns.has(name));
      return {
        name: measure.name,
        subjects: Object.keys(measure.subjects)
          .filter(has)
          .map((name) => subjectResult(name, runs)),
        comparisons: measure.pairings
          .filter(({ subject, baseline }) => has(subject) && has(baseline))
          .map((pairing) => ({ ...pairing, ratio: ratioOf(pairing, runs) })),
      };
    });
  }
}

function subjectResult(name: string, runs: readonly Turns[]): SubjectResult {
  const samples = runs.map((turns) => turns.get(name) ?? []);
  const loads = samples.flat().flatMap(({ load }) => (load === undefined ? [] : [load]));
  return {
    name,
    rates: samples.map((turns) => rounded(median(turns.map(({ rate }) => rate)), 0)),
    ...(loads.length > 0 && { load: medianLoad(loads) }),
  };
}

/** Of each turn the ratio, of each run the median of those, and then the spread over the runs. */
function ratioOf({ subject, baseline, by }: Pairing, runs: readonly Turns[]): Spread {
  const speed = by === 'p99' ? speedByP99 : speedByRate;
  const ratios = runs.map((turns) => {
    const baselines = turns.get(baseline) ?? [];
    const ratio = (sample: Sample, turn: number): number => speed(sample) / speed(baselines[turn]);
    return median((turns.get(subject) ?? []).map(ratio));
  });
  const spread = spreadOf(ratios);
  return {
    median: rounded(spread.median, 3),
    min: rounded(spread.min, 3),
    max: rounded(spread.max, 3),
  };
}

function speedByRate(sample: Sample | undefined): number {
  return sample?.rate ?? Number.NaN;
}

function speedByP99(sample: Sample | undefined): number {
  return 1 / (sample?.load?.p99 ?? Number.NaN);
}

function medianLoad(loads: readonly LoadFigures[]): LoadFigures {
  const of = (figure: (load: LoadFigures) => number): number =>
    rounded(median(loads.map(figure)), 3);
  return {
    p50: of((load) => load.p50),
    p99: of((load) => load.p99),
    p999: of((load) => load.p999),
    cpuPerRequest: of((load) => load.cpuPerRequest),
    serverBusy: of((load) => load.serverBusy),
    loadBusy: of((load) => load.loadBusy),
  };
}

function median(values: readonly number[]): number {
  return spreadOf(values).median;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
