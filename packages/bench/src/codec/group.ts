import type { Context, Group, Measure } from '../group.js';
import { startWorker } from '../processes/start-worker.js';
import { OPERATIONS, type OperationName } from './operations.js';
import { CODECS } from './subjects.js';
import type { CodecTask } from './worker.js';

const BASELINE = 'protobuf-es';

/** The codec on the wire path, which alone has goals. */
const IN_USE = 'straightLineCodec';

const GOALS: Partial<Record<OperationName, number>> = {
  'decode Hset': 4,
  'decode Hget': 6,
  'encode a response': 20,
};

/** Bytes to messages and back. */
export const codecGroup: Group = {
  name: 'codec',
  title: 'Codecs: 16-byte keys, one 64-byte value',
  async open(context) {
    return {
      measures: (Object.keys(OPERATIONS) as OperationName[]).map((name) => measure(context, name)),
      close: async () => {},
    };
  },
};

function measure(context: Context, operation: OperationName): Measure {
  const names = Object.keys(CODECS);
  const subjects = names.map((codec) => {
    const task: CodecTask = { codec, operation };
    return [codec, () => startWorker(context, 'server', 'codec/worker.js', task)] as const;
  });
  const goal = GOALS[operation];
  const pairings = names
    .filter((name) => name !== BASELINE)
    .map((subject) => ({
      subject,
      baseline: BASELINE,
      ...(subject === IN_USE && goal !== undefined && { goal }),
    }));
  return { name: operation, subjects: Object.fromEntries(subjects), pairings };
}
