/** How often each of some texts has been added and not yet been removed. */
export class Counts {
  readonly #counts = new Map<string, number>();

  has(text: string): boolean {
    return this.#counts.size > 0 && this.#counts.has(text);
  }

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  remove(text: string): void {
    const count = this.#counts.get(text) ?? 0;
    if (count > 1) this.#counts.set(text, count - 1);
    else this.#counts.delete(text);
  }
}
