import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { create, fromBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './plugin.js';

const BUF = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

/** What a message may have in it, as proto3 has it; the message is `M`. */
const supported: Readonly<Record<string, string>> = {
  'no field': 'message M {}',
  'a uint32': 'message M { uint32 f = 1; }',
  'an int64': 'message M { int64 f = 1; }',
  'a bool': 'message M { bool f = 1; }',
  'a double': 'message M { double f = 1; }',
  'a string': 'message M { string f = 1; }',
  bytes: 'message M { bytes f = 1; }',
  'a message': 'message M { N f = 1; } message N {}',
  'an optional string': 'message M { optional string f = 1; }',
  'optional bytes': 'message M { optional bytes f = 1; }',
  'an optional message': 'message M { optional N f = 1; } message N {}',
  'a list of strings': 'message M { repeated string f = 1; }',
  'a list of bytes': 'message M { repeated bytes f = 1; }',
  'a list of messages': 'message M { repeated N f = 1; } message N {}',
  'a list of numbers that is not packed': 'message M { repeated int64 f = 1 [packed = false]; }',
  'a oneof': 'message M { oneof o { string f = 1; N g = 2; } } message N {}',
  'a oneof whose fields stand in another order':
    'message M { oneof o { bool f = 2; bool g = 1; } }',
  'fields before and after a oneof':
    'message M { bool a = 1; oneof o { bool f = 2; } bool z = 3; }',
  'two oneofs': 'message M { oneof o { bool f = 1; } oneof p { bool g = 2; } }',
  'the same message by two ways':
    'message M { A a = 1; B b = 2; } message A { N n = 1; } message B { N n = 1; } message N {}',
};

/** What it may not have, and what is said then. */
const refused: Readonly<Record<string, readonly [source: string, message: string]>> = {
  ...Object.fromEntries(
    [
      'int32',
      'uint64',
      'sint32',
      'sint64',
      'fixed32',
      'fixed64',
      'sfixed32',
      'sfixed64',
      'float',
    ].flatMap((type) => {
      const message = unsupported(`its type, ${type.toUpperCase()}`);
      return [
        [`the type ${type}`, [`message M { ${type} f = 1; }`, message]],
        [`the type ${type} in a oneof`, [`message M { oneof o { ${type} f = 1; } }`, message]],
        [`a list of ${type}`, [`message M { repeated ${type} f = 1 [packed = false]; }`, message]],
      ];
    }),
  ),
  'an enum': [
    'message M { E f = 1; } enum E { A = 0; }',
    unsupported('that it is of the kind enum'),
  ],
  'a list of an enum': [
    'message M { repeated E f = 1 [packed = false]; } enum E { A = 0; }',
    unsupported('that it is a list of an enum'),
  ],
  'a map': ['message M { map<string, string> f = 1; }', unsupported('that it is of the kind map')],
  'a packed list': ['message M { repeated int64 f = 1; }', unsupported('that it is a packed list')],
  'a field amid those of a oneof': [
    'message M { oneof o { bool a = 1; bool z = 3; } bool f = 2; }',
    unsupported('that it stands amid the fields of oneof $M.o'),
  ],
  'a field of another oneof amid those of a oneof': [
    'message M { oneof o { bool a = 1; bool z = 3; } oneof p { bool f = 2; } }',
    unsupported('that it stands amid the fields of oneof $M.o'),
  ],
  itself: ['message M { M f = 1; }', 'message $M contains itself'],
  'a list of itself': ['message M { repeated M f = 1; }', 'message $M contains itself'],
  'itself in a oneof': ['message M { oneof o { M f = 1; } }', 'message $M contains itself'],
  'itself by way of others': [
    'message M { A a = 1; } message A { B b = 1; } message B { M m = 1; }',
    'message $M contains itself',
  ],
  'a message that contains itself': [
    'message M { A a = 1; } message A { A a = 1; }',
    'message $A contains itself',
  ],
};

/** What is said of the field `f`. In it, `$` stands for the package and a dot, as in all that is said. */
function unsupported(what: string): string {
  return `field $M.f: the codec plugin does not support ${what}`;
}

const sources = [...Object.values(supported), ...Object.values(refused).map(([source]) => source)];
const packageOf = (source: string): string => `p${sources.indexOf(source)}`;
let folder: string;
let compiled: FileDescriptorSet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-proto-'));
  await Promise.all(
    sources.map(async (source) => {
      const name = packageOf(source);
      await mkdir(join(folder, name));
      await writeFile(
        join(folder, name, `${name}.proto`),
        `syntax = "proto3"; package ${name}; ${source}`,
      );
    }),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [BUF, 'build', '-o', '-'], {
    cwd: folder,
    encoding: 'buffer',
  });
  compiled = fromBinary(FileDescriptorSetSchema, stdout);
});

afterAll(() => rm(folder, { recursive: true }));

/** What the plugin makes of a source. */
function generate(source: string): string {
  const name = packageOf(source);
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [`${name}/${name}.proto`],
    protoFile: compiled.file,
    parameter: 'target=ts',
  });
  return plugin
    .run(request)
    .file.map(({ content }) => content)
    .join('\n');
}

describe('a message', () => {
  it.each(Object.entries(supported))('may have %s', (_, source) => {
    const code = generate(source);
    expect(code).toContain('export function encodeM(');
    expect(code).toContain('export function decodeM(');
  });

  it('may have an optional scalar, which is absent unless it is read, and written unless it is absent', () => {
    const code = generate(supported['optional bytes'] as string);
    expect(code).toContain('if (message.f !== undefined) writeBytes(out, 10, message.f);');
    expect(code).toMatch(/message: Plain<pb\.M> = \{\s*\}/);
  });

  it.each(Object.entries(refused))('may not have %s', (_, [source, message]) => {
    const said = message.replaceAll('$', `${packageOf(source)}.`);
    expect(() => generate(source)).toThrow(new Error(said));
  });
});
