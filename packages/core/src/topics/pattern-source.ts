import { TopicPattern } from './topic-pattern.js';
import { TopicSource } from './topic-source.js';

/** Those who are subscribed to all topics of one pattern. */
export class PatternSource extends TopicSource {
  /** Whatever is published anywhere is matched with it. */
  override readonly weight: number = 100;
  readonly pattern: TopicPattern;

  /** @param among where it is found by its pattern, as long as somebody is subscribed. */
  constructor(pattern: string, among: Map<string, PatternSource>) {
    super(pattern, among);
    this.pattern = new TopicPattern(pattern);
  }

  /** A request need not name it: the reference implementation's have topics alone. */
  override isCalled(topic: string): boolean {
    return topic === '' || super.isCalled(topic);
  }
}
