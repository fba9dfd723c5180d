/** An `import` of names, on one line. */
const IMPORT = /^import (\{ .* \}) from ('.*');$/gm;

/** As code stands in the README, and as it is in an application that has not moved to ES modules. */
export const moduleKinds: readonly {
  readonly loaded: string;
  readonly ending: string;
  readonly rewrite: (code: string) => string;
}[] = [
  { loaded: 'import', ending: 'mjs', rewrite: (code) => code },
  { loaded: 'require()', ending: 'cjs', rewrite: withRequire },
];

/** The same code as a CommonJS module, in which `await` has to stand in a function. */
function withRequire(code: string): string {
  const body = code.replace(IMPORT, 'const $1 = require($2);');
  return `(async () => {\n${body}})();\n`;
}

/** The same code, with our packages loaded by `require()`; vitest itself can only be imported. */
export function withOursRequired(code: string): string {
  const body = code.replace(IMPORT, (line, names: string, name: string) =>
    name.startsWith("'@kv/") ? `const ${names} = require(${name});` : line,
  );
  return `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n${body}`;
}
