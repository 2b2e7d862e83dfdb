import type { DescExtension, DescField, DescFile, DescMessage } from '@bufbuild/protobuf';
import { getExtension, hasExtension } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type {
  DescriptorProto_ExtensionRange,
  DescriptorProto_ReservedRange,
  EnumDescriptorProto_EnumReservedRange,
} from '@bufbuild/protobuf/wkt';

/**
 * Prints a file descriptor as proto source. Knows what proto2 files without nested messages, maps and groups need,
 * which is what protovalidate's rules are made of; whether it did it right is for the caller to check by compiling.
 *
 * @param file what to print
 * @param fieldOption the one custom field option that the file uses itself
 */
export function printProto(file: DescFile, fieldOption: DescExtension): string {
  const { proto } = file;
  const parts = [`syntax = "${proto.syntax || 'proto2'}";`, `package ${proto.package};`];
  parts.push(proto.dependency.map((path) => `import "${path}";`).join('\n'));
  parts.push(printFileOptions(file));
  for (const extension of file.extensions) {
    parts.push(`extend .${extension.extendee.typeName} {\n${printField(extension, fieldOption)}}`);
  }
  for (const message of file.messages) parts.push(printMessage(message, fieldOption));
  for (const { proto: desc } of file.enums) {
    const values = desc.value.map((value) => `  ${value.name} = ${value.number};\n`);
    parts.push(`enum ${desc.name} {\n${values.join('')}${printReserved(desc.reservedRange, 0, desc.reservedName)}}`);
  }
  return `${parts.join('\n\n')}\n`;
}

function printFileOptions({ proto: { options } }: DescFile): string {
  if (!options) return '';
  return [
    `option go_package = ${JSON.stringify(options.goPackage)};`,
    `option java_multiple_files = ${options.javaMultipleFiles};`,
    `option java_outer_classname = ${JSON.stringify(options.javaOuterClassname)};`,
    `option java_package = ${JSON.stringify(options.javaPackage)};`,
  ].join('\n');
}

function printMessage(message: DescMessage, fieldOption: DescExtension): string {
  const { proto } = message;
  const lines: string[] = [];
  for (const member of message.members) {
    if (member.kind === 'field') lines.push(printField(member, fieldOption));
    else {
      lines.push(`oneof ${member.name} {\n${member.fields.map((field) => printField(field, fieldOption)).join('')}}\n`);
    }
  }
  for (const range of proto.extensionRange) lines.push(`extensions ${printRange(range)};\n`);
  lines.push(printReserved(proto.reservedRange, 1, proto.reservedName));
  return `message ${proto.name} {\n${lines.join('')}}`;
}

const scalarNames: Record<number, string> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};

function printField(field: DescField | DescExtension, fieldOption: DescExtension): string {
  const { proto } = field;
  const inOneof = field.kind === 'field' && field.oneof !== undefined;
  const label = inOneof ? '' : ['', 'optional ', 'required ', 'repeated '][proto.label];
  const type = scalarNames[proto.type] ?? proto.typeName;
  const options: string[] = [];
  if (proto.options && hasExtension(proto.options, fieldOption) && fieldOption.message) {
    const value = getExtension(proto.options, fieldOption);
    options.push(`(.${fieldOption.typeName}) = ${printText(fieldOption.message, value)}`);
  }
  if (proto.options?.deprecated) options.push('deprecated = true');
  return `${label}${type} ${proto.name} = ${proto.number}${options.length > 0 ? ` [${options.join(', ')}]` : ''};\n`;
}

function printText(desc: DescMessage, value: unknown): string {
  const message = reflect(desc, value as Parameters<typeof reflect>[1]);
  const parts: string[] = [];
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'scalar') parts.push(`${field.name}: ${JSON.stringify(message.get(field))}`);
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of message.get(field)) {
        const { message: inner } = item as { message: unknown };
        parts.push(`${field.name}: ${printText(field.message, inner)}`);
      }
    } else throw new Error(`cannot print option field ${field.toString()}: extend printText for its kind`);
  }
  return `{ ${parts.join(', ')} }`;
}

function printReserved(
  ranges: readonly (DescriptorProto_ReservedRange | EnumDescriptorProto_EnumReservedRange)[],
  endIsExclusive: 0 | 1,
  names: readonly string[],
): string {
  const numbers = ranges.map(({ start, end }) =>
    end - endIsExclusive === start ? start : `${start} to ${end - endIsExclusive}`,
  );
  return [
    numbers.length > 0 ? `reserved ${numbers.join(', ')};\n` : '',
    names.length > 0 ? `reserved ${names.map((name) => JSON.stringify(name)).join(', ')};\n` : '',
  ].join('');
}

const maxFieldNumber = 536870911;

function printRange({ start, end }: DescriptorProto_ExtensionRange): string {
  return `${start} to ${end - 1 === maxFieldNumber ? 'max' : end - 1}`;
}
