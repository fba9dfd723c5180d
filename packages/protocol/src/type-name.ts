/** What kind of thing `value` is, for the message of an error. */
export function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
