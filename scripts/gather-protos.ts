/**
 * Gathers the third-party protos that ours import into build/proto, which is never committed: google/rpc, health and
 * reflection from npm packages that carry them, protovalidate's rules printed from the descriptor in its package.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  predefined,
  file_buf_validate_validate as rules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { printProto } from './print-proto.ts';

const root = join(import.meta.dirname, '..');
const target = join(root, 'build/proto');

const copies = {
  'googleapis/google/rpc/code.proto': 'google-gax/build/protos/google/rpc/code.proto',
  'googleapis/google/rpc/error_details.proto': 'google-gax/build/protos/google/rpc/error_details.proto',
  'googleapis/google/rpc/status.proto': 'google-gax/build/protos/google/rpc/status.proto',
  'grpc/grpc/health/v1/health.proto': 'grpc-health-check/proto/health/v1/health.proto',
  'grpc/grpc/reflection/v1/reflection.proto': '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  'grpc/grpc/reflection/v1alpha/reflection.proto':
    '@grpc/reflection/build/proto/grpc/reflection/v1alpha/reflection.proto',
};

function gatherProtos(): void {
  rmSync(target, { recursive: true, force: true });
  for (const [to, from] of Object.entries(copies)) {
    mkdirSync(dirname(join(target, to)), { recursive: true });
    copyFileSync(join(root, 'node_modules', from), join(target, to));
  }
  const printed = join(target, 'protovalidate/buf/validate/validate.proto');
  mkdirSync(dirname(printed), { recursive: true });
  writeFileSync(printed, printProto(rules, predefined));
  checkPrinted(join(target, 'protovalidate'));
}

/** A printer that loses something would change what the rules mean: what it printed must compile back to the same. */
function checkPrinted(module: string): void {
  const image = execFileSync(join(root, 'node_modules/.bin/buf'), [
    'build',
    module,
    '-o',
    '-',
    '--exclude-source-info',
  ]);
  const compiled = fromBinary(FileDescriptorSetSchema, image).file.find((file) => file.name === rules.proto.name);
  if (!compiled || canonical(compiled) !== canonical(rules.proto)) {
    throw new Error('buf/validate/validate.proto, as printed, does not compile back to its own descriptor');
  }
}

/** Its bytes, without what tells nothing: buf's own extension of the image, and `proto2` spelled out or left empty. */
function canonical(file: FileDescriptorProto): string {
  const { $unknown: _, ...rest } = file;
  return Buffer.from(toBinary(FileDescriptorProtoSchema, { ...rest, syntax: file.syntax || 'proto2' })).toString('hex');
}

gatherProtos();
