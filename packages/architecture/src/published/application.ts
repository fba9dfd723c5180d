import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.js';

/** An application of somebody else's: outside the workspace, of which it knows nothing. */
export class Application {
  /** Where it is. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes one, and installs packages into it: tarballs, or names with a version. */
  static async create(packages: readonly string[]): Promise<Application> {
    const application = new Application(await mkdtemp(join(tmpdir(), 'kv-application-')));
    await application.write('package.json', JSON.stringify({ private: true }));
    const quick = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await application.run('npm', 'install', ...quick, ...packages);
    return application;
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  /** Runs a command in its folder; see {@link run}. */
  run(command: string, ...args: readonly string[]): Promise<string> {
    return run(command, args, { cwd: this.folder });
  }

  /** Runs a module of its own, and gives the lines that it prints. */
  async runModule(name: string, code: string): Promise<string[]> {
    await this.write(name, code);
    const printed = await this.run(process.execPath, name);
    return printed.trimEnd().split('\n');
  }

  /** Deletes it. */
  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
