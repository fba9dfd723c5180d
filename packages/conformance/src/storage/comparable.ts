/**
 * What to compare in place of an answer: vitest takes microseconds a byte for arrays, so they become
 * text. Their class still counts.
 */
export function comparable(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(comparable);
  if (!(answer instanceof Uint8Array)) return answer;
  return { class: answer.constructor.name, latin1: Buffer.from(answer).toString('latin1') };
}
