import type { Say } from './client-command.js';

/**
 * Says of a topic that looks like a pattern that it is none, for who meant one.
 *
 * @param instead what there is for patterns.
 */
export function hintAtLiteral(topic: string, instead: string, say: Say): void {
  if (topic.includes('*')) say(`hint: '${topic}' is the topic of just this name; ${instead}`);
}
