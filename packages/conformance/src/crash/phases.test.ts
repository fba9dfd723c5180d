import { expect, it } from 'vitest';
import { EXPECTED_LENGTHS, type PhaseLengths, Phases } from './phases.js';
import type { Report } from './report.js';

/** The phases of a worker that has made reports. */
function heard(lengths: PhaseLengths, ...types: Report['type'][]): Phases {
  const phases = new Phases(lengths);
  for (const type of types) phases.hear({ type } as Report);
  return phases;
}

it('are counted in reports from where they begin, and on when they are over', () => {
  const phases = heard(new Map(), 'opening', 'turn', 'turn', 'opened', 'table', 'ready', 'called');
  expect(phases.count('opening')).toBe(6);
  expect(phases.count('writing')).toBe(1);
  expect(phases.count('closing')).toBeUndefined();
  expect(phases.over('opening')).toBe(true);
  expect(phases.over('writing')).toBe(false);
});

it('tell, when they are over, after how many reports they were not', () => {
  const lengths = new Map(EXPECTED_LENGTHS);
  heard(lengths, 'opening', 'turn', 'turn', 'opened', 'ready', 'snapshot', 'closing', 'closed');
  expect(lengths.get('opening')).toBe(2);
  expect(lengths.get('closing')).toBe(0);
  expect(lengths.get('snapshot')).toBe(EXPECTED_LENGTHS.get('snapshot'));
});
