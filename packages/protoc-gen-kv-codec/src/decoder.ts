import type { DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { typeOf } from './plugin.js';
import { shapeOf, tagOf } from './supported.js';

/**
 * The function that reads a message, line by line. A field that comes again replaces the first, or is
 * added to a list, or merged into a message, as protobuf has it.
 */
export function decoderOf(message: DescMessage): string[] {
  const known = `FIELDS_OF_${message.name.toUpperCase()}`;
  const numbers = message.fields.map(({ number }) => number);
  return [
    `const ${known}: ReadonlySet<number> = new Set([${numbers.join(', ')}]);`,
    '',
    `/** Reads the message ${message.typeName} up to \`end\`, into \`message\` if there is one already. */`,
    `export function decode${message.name}(`,
    '  reader: WireReader,',
    '  end: number,',
    `  message: ${typeOf(message)} = ${emptyOf(message)},`,
    `): ${typeOf(message)} {`,
    '  while (reader.at < end) {',
    '    const tag = reader.tag();',
    '    switch (tag) {',
    ...message.fields.flatMap((field) => caseLines(field).map((line) => `      ${line}`)),
    '      default:',
    `        reader.skip(tag, end, ${known});`,
    '    }',
    '  }',
    '  reader.checkEnd(end);',
    '  return message;',
    '}',
  ];
}

/** A message without fields, as code. */
function emptyOf({ fields, oneofs }: DescMessage): string {
  const alone = fields.filter((field) => field.oneof === undefined).flatMap(emptyField);
  const together = oneofs.map(({ localName }) => `${localName}: { case: undefined }`);
  return `{ ${[...alone, ...together].join(', ')} }`;
}

function emptyField(field: DescField): string[] {
  const shape = shapeOf(field);
  if (shape.presence === 'repeated') return [`${field.localName}: []`];
  if (shape.presence === 'optional') return [];
  return shape.kind === 'scalar' ? [`${field.localName}: ${shape.scalar.zero}`] : [];
}

function caseLines(field: DescField): string[] {
  const { oneof } = field;
  const lines = oneof === undefined ? fieldLines(field) : oneofLines(field, oneof);
  return [`case ${tagOf(field)}:`, ...lines.map((line) => `  ${line}`), '  break;'];
}

function fieldLines(field: DescField): string[] {
  const target = `message.${field.localName}`;
  const shape = shapeOf(field);
  if (shape.presence === 'repeated') return [`${target}.push(${valueCode(field)});`];
  return [`${target} = ${valueCode(field, target)};`];
}

function oneofLines(field: DescField, { localName }: DescOneof): string[] {
  const target = `message.${localName}`;
  const before = `${target}.case === '${field.localName}' ? ${target}.value : undefined`;
  return [`${target} = { case: '${field.localName}', value: ${valueCode(field, before)} };`];
}

/** @param before what a message is merged into, as code. */
function valueCode(field: DescField, before?: string): string {
  const shape = shapeOf(field);
  if (shape.kind === 'scalar') return `reader.${shape.scalar.read}`;
  const into = before === undefined ? '' : `, ${before}`;
  return `decode${shape.message.name}(reader, reader.messageEnd(end)${into})`;
}
