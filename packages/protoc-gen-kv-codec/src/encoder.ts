import type { DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { typeOf } from './plugin.js';
import { shapeOf, tagOf } from './supported.js';

/** The function that writes a message, line by line. Fields are written in the order of their numbers. */
export function encoderOf(message: DescMessage): string[] {
  // A message without fields is nothing to write.
  const unused = message.fields.length === 0 ? '_' : '';
  const parameters = `${unused}message: ${typeOf(message)}, ${unused}out: ByteWriter`;
  return [
    `/** Appends the message ${message.typeName}. */`,
    `export function encode${message.name}(${parameters}): void {`,
    ...indent(membersOf(message).flatMap(memberLines)),
    '}',
  ];
}

/** The fields that stand alone, and the oneofs, by their first field. */
function membersOf({ fields }: DescMessage): (DescField | DescOneof)[] {
  const sorted = [...fields].sort((one, other) => one.number - other.number);
  return [...new Set(sorted.map((field) => field.oneof ?? field))];
}

function memberLines(member: DescField | DescOneof): string[] {
  return member.kind === 'oneof' ? oneofLines(member) : fieldLines(member);
}

function oneofLines({ localName, fields }: DescOneof): string[] {
  const sorted = [...fields].sort((one, other) => one.number - other.number);
  return [
    `switch (message.${localName}.case) {`,
    ...indent(
      sorted.flatMap((field) => [
        `case '${field.localName}': {`,
        ...indent([...valueLines(field, `message.${localName}.value`), 'break;']),
        '}',
      ]),
    ),
    '}',
  ];
}

function fieldLines(field: DescField): string[] {
  const value = `message.${field.localName}`;
  const shape = shapeOf(field);
  if (shape.presence === 'repeated') {
    return [`for (const item of ${value}) {`, ...indent(valueLines(field, 'item')), '}'];
  }
  if (shape.kind === 'message') {
    return [`if (${value} !== undefined) {`, ...indent(valueLines(field, value)), '}'];
  }
  const present =
    shape.presence === 'optional' ? `${value} !== undefined` : shape.scalar.present(value);
  return [`if (${present}) ${valueLines(field, value)[0]}`];
}

function valueLines(field: DescField, value: string): string[] {
  const shape = shapeOf(field);
  if (shape.kind === 'scalar') return [`${shape.scalar.write}(out, ${tagOf(field)}, ${value});`];
  return [
    `const start = beginMessage(out, ${tagOf(field)});`,
    `encode${shape.message.name}(${value}, out);`,
    'endMessage(out, start);',
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
