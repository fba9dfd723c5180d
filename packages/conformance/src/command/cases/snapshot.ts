import type { CommandCase } from '../command-case.js';
import { failed } from '../expected-response.js';

export const snapshotCases: readonly CommandCase<'snapshot'>[] = [
  {
    title: 'is refused where the storage takes no snapshots',
    request: {},
    response: failed(501, 'This storage takes no snapshots'),
  },
];
