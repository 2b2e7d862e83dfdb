import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescService, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** A contract that is only there at test time: read, not generated. */
export function readDescriptors(path: string): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
}

/** @throws Error where the contract has no such service */
export function requireService(registry: FileRegistry, name: string): DescService {
  const service = registry.getService(name);
  if (!service) throw new Error(`the fetched contract has no service ${name}`);
  return service;
}

/** @throws Error where the contract has no such message */
export function requireMessage(registry: FileRegistry, name: string) {
  const message = registry.getMessage(name);
  if (!message) throw new Error(`the fetched contract has no message ${name}`);
  return message;
}
