import { execFile } from 'node:child_process';

/**
 * Runs a command to its end.
 *
 * @returns what it wrote to its standard output.
 * @throws {Error} with all that it wrote, if it fails.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${[command, ...args].join(' ')}:\n${stdout}${stderr}`));
    });
  });
}
