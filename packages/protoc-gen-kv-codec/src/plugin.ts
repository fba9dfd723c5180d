import type { DescFile, DescMessage } from '@bufbuild/protobuf';
import {
  createEcmaScriptPlugin,
  type GeneratedFile,
  type Plugin,
  type Schema,
} from '@bufbuild/protoplugin';
import { decoderOf } from './decoder.js';
import { encoderOf } from './encoder.js';
import { checkMessage } from './supported.js';

/** Writes, beside what protoc-gen-es generates for a file, `<file>_codec.ts`. */
export const plugin: Plugin = createEcmaScriptPlugin({
  name: 'protoc-gen-kv-codec',
  version: 'v1',
  generateTs(schema: Schema): void {
    for (const file of schema.files)
      generateFile(schema.generateFile(`${file.name}_codec.ts`), file);
  },
});

function generateFile(out: GeneratedFile, file: DescFile): void {
  for (const message of file.messages) checkMessage(message);
  const encoders = file.messages.flatMap((message) => ['', ...encoderOf(message)]);
  const decoders = file.messages.flatMap((message) => ['', ...decoderOf(message)]);
  const code = [...encoders, ...decoders];
  out.preamble(file);
  out.print(`import type { ByteWriter } from '../../byte-writer.js';`);
  out.print(`import type { Plain } from '../../messages.js';`);
  out.print(`import type { WireReader } from '../../wire/wire-reader.js';`);
  out.print(`import {`);
  for (const name of writersIn(code)) out.print(`  ${name},`);
  out.print(`} from '../../wire/wire-writer.js';`);
  out.print(`import type * as pb from './${baseName(file)}_pb.js';`);
  for (const line of code) out.print(line);
}

function baseName({ name }: DescFile): string {
  return name.split('/').at(-1) ?? name;
}

/** The functions of the writer that the code calls. */
function writersIn(code: readonly string[]): string[] {
  const called = code.join('\n').match(/\b(?:write|begin|end)[A-Z]\w*(?=\()/g);
  return [...new Set(called)].sort();
}

/** The type of a message in generated code. */
export function typeOf({ name }: DescMessage): string {
  return `Plain<pb.${name}>`;
}
