import { describe, expect, it } from 'vitest';
import { type BlockPlace, HistoryPlaces } from './history-places.js';

const KIB = 1024;

const place = (segment: number, kib: number): BlockPlace => ({
  segment,
  epoch: 1,
  offset: kib * KIB,
  first: 10_000 * segment + kib,
});

describe('places in a log', () => {
  it('lead to the last that is known before a change, in whatever order they were met', () => {
    for (const order of [
      [0, 300, 600, 900],
      [900, 0, 600, 300],
    ]) {
      const places = new HistoryPlaces();
      for (const kib of order) places.note(place(3, kib));
      const found = [0, 299, 300, 650, 5000].map((kib) => places.find(3, 30_000 + kib - 1)?.offset);
      expect(found).toEqual([0, 0, 300 * KIB, 600 * KIB, 900 * KIB]);
      expect(places.find(3, 29_998)).toBeUndefined();
      expect(places.find(4, 40_000)).toBeUndefined();
    }
  });

  it('are few, however many are met', () => {
    const places = new HistoryPlaces();
    for (let round = 0; round < 2; round++) {
      for (let kib = 0; kib < 1024; kib++) places.note(place(1, kib));
    }
    const found = Array.from({ length: 1024 }, (_, kib) => places.find(1, 10_000 + kib - 1));
    expect([...new Set(found)].map((each) => each?.offset)).toEqual([
      0,
      256 * KIB,
      512 * KIB,
      768 * KIB,
    ]);
  });

  it('are forgotten with their segments', () => {
    const places = new HistoryPlaces();
    for (const segment of [1, 2, 3]) places.note(place(segment, 0));
    places.forgetBefore(3);
    places.note(place(2, 0));
    expect([1, 2, 3].map((segment) => places.find(segment, 99_999)?.segment)).toEqual([
      undefined,
      undefined,
      3,
    ]);
  });
});
