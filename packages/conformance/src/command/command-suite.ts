import type { CommandName, CommandRequest, CommandResponse } from '@kv/core';
import type { Awaitable } from '@kv/protocol';
import { describe, it } from 'vitest';
import type { RequestCase } from './command-case.js';
import { casesOf, commandCases, emptyRequestCase } from './command-cases.js';
import { runRequestCase } from './run-request-case.js';

/** An engine, or a way to one. */
export interface CommandExecutor {
  /** Brings a request to the engine, and its response back. */
  execute(request: CommandRequest): Awaitable<CommandResponse>;
  /** Called once, when the case is over. */
  close(): Awaitable<void>;
}

/** What {@link commandSuite} needs to know. */
export interface CommandSuiteOptions {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Whether it can be pushed to; true by default. Where not, nobody can subscribe, and that is not tested. */
  readonly push?: boolean | undefined;
  /** Opens an engine that is new and empty, or a connection of its own to one. */
  open(): Awaitable<CommandExecutor>;
}

/** Registers, with vitest, every case of every command, each on an engine of its own. */
export function commandSuite({ name, push = true, open }: CommandSuiteOptions): void {
  describe(`${name}: the commands`, () => {
    registerRequestCases({ push }, async (requestCase) => {
      const engine = await open();
      try {
        await runRequestCase(requestCase, (request) => engine.execute(request));
      } finally {
        await engine.close();
      }
    });
  });
}

/** Registers a test for each case, by command. */
export function registerRequestCases(
  capabilities: { readonly push: boolean },
  run: (requestCase: RequestCase) => Promise<void>,
): void {
  for (const command of Object.keys(commandCases) as CommandName[]) {
    describe(command.toUpperCase(), () => {
      for (const each of casesOf(command)) {
        it(each.title, async ({ skip }) => {
          const { needs } = each;
          if (needs !== undefined && !capabilities[needs]) skip(`no ${needs}`);
          await run(each);
        });
      }
    });
  }
  it(emptyRequestCase.title, () => run(emptyRequestCase));
}
