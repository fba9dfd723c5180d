import { work } from '../processes/worker.js';
import { rateOf } from '../rate.js';
import { OPERATIONS, type OperationName } from './operations.js';
import { CODECS } from './subjects.js';

export interface CodecTask {
  readonly codec: string;
  readonly operation: OperationName;
}

await work<CodecTask>(async ({ codec, operation }) => {
  const subject = CODECS[codec];
  if (subject === undefined) throw new Error(`There is no codec '${codec}'`);
  const repeat = OPERATIONS[operation](subject);
  return { rate: (durationMs) => rateOf(repeat, durationMs), close: async () => {} };
});
