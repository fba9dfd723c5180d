import type * as abi from './gen/abi/abi_pb.js';

/**
 * A generated message as a plain object: without the type names and unknown fields that protobuf-es
 * adds, so that a literal is a message, and a codec may build one without the runtime.
 */
export type Plain<T> = T extends string | number | bigint | boolean | undefined | Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : {
        [Field in keyof T as Field extends '$typeName' | '$unknown' ? never : Field]: Plain<
          T[Field]
        >;
      };

/** One command, as it travels: `{ requestData: { case: 'hget', value: { table, key } } }`. */
export type CommandRequest = Plain<abi.CommandRequest>;

/** The answer to one command, as it travels. */
export type CommandResponse = Plain<abi.CommandResponse>;

/** A value as it travels; {@link Value} is the same in JavaScript. */
export type ValueMessage = Plain<abi.Value>;

/** A key and its value as they travel. */
export type KvpairMessage = Plain<abi.Kvpair>;

/** A change of a key as it travels. */
export type ChangeMessage = Plain<abi.Change>;

/** A position among changes as it travels. */
export type PositionMessage = Plain<abi.Position>;

/** The commands there are, by their names in the request's `oneof`. */
export type CommandName = NonNullable<CommandRequest['requestData']['case']>;

/** What the command `Name` carries. */
export type CommandMessage<Name extends CommandName> = Extract<
  CommandRequest['requestData'],
  { case: Name }
>['value'];

/** The table that a request is about; `undefined` if it is about none. */
export function tableOf({ requestData: { value } }: CommandRequest): string | undefined {
  return value !== undefined && 'table' in value ? value.table : undefined;
}

/** The topic, or the pattern of topics, that a request is about; `undefined` if it is about none. */
export function topicOf({ requestData: { value } }: CommandRequest): string | undefined {
  if (value === undefined || !('topic' in value)) return undefined;
  return 'pattern' in value ? value.topic || value.pattern : value.topic;
}

/** The request that carries `message` as the command `name`. */
export function commandRequest<Name extends CommandName>(
  name: Name,
  message: CommandMessage<Name>,
): CommandRequest {
  // The compiler cannot see that a name and the message of that name are one member of the union.
  return { requestData: { case: name, value: message } as CommandRequest['requestData'] };
}
