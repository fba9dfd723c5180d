/** The names that options may have. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** A name among options that there is not: from JavaScript, one that is misspelt would pass for one that is not there. */
export function unknownOption(options: object, names: object): string | undefined {
  for (const name in options) if (!Object.hasOwn(names, name)) return name;
  return undefined;
}

/**
 * Refuses an option that there is not.
 *
 * @param of what the options are of, for the error message.
 * @throws {TypeError} that names it.
 */
export function checkOptionNames(of: string, options: object, names: object): void {
  const name = unknownOption(options, names);
  if (name !== undefined) throw new TypeError(`There is no option '${name}' of ${of}`);
}
