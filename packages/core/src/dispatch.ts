import { type Awaitable, type CommandRequest, type CommandResponse, KvError } from '@kv/protocol';
import type { CommandContext, CommandService } from './command-service.js';
import { commandTable } from './command-table.js';

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
  const { case: name, value: message } = request?.requestData ?? {};
  if (name === undefined || !Object.hasOwn(commandTable, name)) {
    throw KvError.invalidCommand('Request has no data');
  }
  if (typeof message !== 'object' || message === null) {
    throw KvError.invalidCommand(`${name} must come with an object`);
  }
  // The compiler cannot see that the message is of the command that the service is for.
  const service = commandTable[name] as CommandService<typeof name>;
  return service(message as never, context);
}
