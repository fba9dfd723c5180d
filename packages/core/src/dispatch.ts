import {
  type Awaitable,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  KvError,
} from '@kv/protocol';
import type { CommandContext, CommandService } from './command-service.js';
import { commandTable } from './command-table.js';

/** A `Map`, to which a name like that of a property of Object is a name like any other. */
const services: ReadonlyMap<unknown, CommandService<CommandName>> = new Map(
  // The compiler cannot see that a service is only ever given messages of its own command.
  Object.entries(commandTable) as [string, CommandService<CommandName>][],
);

/**
 * Has a request carried out by the service of its command.
 *
 * @returns the service's answer.
 * @throws {KvError} `INVALID_COMMAND` if it holds no command that this version knows, or nothing for
 * it; or whatever the service throws or rejects.
 */
export function dispatch(
  request: CommandRequest,
  context: CommandContext,
): Awaitable<CommandResponse> {
  // From JavaScript anything may come here: no request at all, or one named like a property of Object.
  const data = request?.requestData;
  const name: unknown = data?.case;
  const service = services.get(name);
  if (service === undefined) {
    throw KvError.invalidCommand(
      typeof name === 'string' ? `there is no command '${name}'` : 'Request has no data',
    );
  }
  const message: unknown = data.value;
  if (typeof message !== 'object' || message === null) {
    throw KvError.invalidCommand(`${data.case} must come with an object`);
  }
  return service(message as never, context);
}
