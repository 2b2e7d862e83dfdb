import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Writes a field that is text, empty or not. */
export function writeText(writer: BinaryWriter, field: number, text: string): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).string(text);
}

/** Writes a field that is a message, of which the bytes are there already. */
export function writeMessage(writer: BinaryWriter, field: number, bytes: Uint8Array): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).bytes(bytes);
}

/** Begins a field that is a message, which `join` ends. */
export function beginMessage(writer: BinaryWriter, field: number): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).fork();
}
