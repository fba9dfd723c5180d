import { readdirSync, readFileSync } from 'node:fs';
import { Converter, ReflectionKind } from 'typedoc';

const folder = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, folder), 'utf8');

/** The names of the published packages, without their scope. */
const published = readdirSync(folder).filter(
  (name) => JSON.parse(read(`${name}/package.json`)).private !== true,
);

/** Where the sources can be read. */
const repository = JSON.parse(read('core/package.json'))
  .repository.url.replace(/^git\+/, '')
  .replace(/\.git$/, '');

/** Gives each module the name by which it is imported, and its package's README. */
function presentPackages(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, declaration) => {
    const name = /^([a-z-]+)\/src$/.exec(declaration.name)?.[1];
    if (name === undefined || !declaration.kindOf(ReflectionKind.Module)) return;
    declaration.name = `@kv/${name}`;
    // Without its heading, which the page has, and without links to files, which it has not.
    const text = read(`${name}/README.md`)
      .replace(/^# .*\n/, '')
      .replace(/\[([^\]]+)\]\((?!https:)[^)]*\)/g, '$1');
    declaration.readme = [{ kind: 'text', text }];
  });
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'kv',
  readme: 'none',
  entryPoints: published.map((name) => `../${name}/src/index.ts`),
  out: 'dist',
  // Not by what git knows of a remote, which a clone need not have.
  disableGit: true,
  sourceLinkTemplate: `${repository}/blob/main/packages/{path}#L{line}`,
  plugin: [presentPackages],
  excludeExternals: true,
  excludePrivate: true,
  excludeTags: ['@generated'],
  // Whatever it complains of is an error, so that what an editor shows of our docs stays true.
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: { invalidLink: true, notDocumented: true, notExported: true },
  packagesRequiringDocumentation: published.map((name) => `@kv/${name}`),
  // Of a property its name often says it all.
  requiredToBeDocumented: [
    'Class',
    'Enum',
    'Function',
    'Interface',
    'Method',
    'TypeAlias',
    'Variable',
  ],
};
