import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

/** What server reflection looks up. All names are full names without a leading dot. */
export interface DescriptorIndex {
  /** The file and everything it imports, itself first, as serialized `FileDescriptorProto`s with their options. */
  closure(fileName: string): Uint8Array[] | undefined;
  /** The name of the file that declares a symbol: a service, method, message, field, oneof, enum, value or extension. */
  fileOfSymbol(symbol: string): string | undefined;
  fileOfExtension(extendee: string, number: number): string | undefined;
  /** The numbers of all extensions of a message; none known: empty. */
  extensionNumbers(extendee: string): number[];
  hasMessage(name: string): boolean;
}

/** Indexes a serialized `FileDescriptorSet`. */
export function indexDescriptors(image: Uint8Array): DescriptorIndex {
  const files = new Map<string, { bytes: Uint8Array; imports: readonly string[] }>();
  const symbols: SymbolTable = { files: new Map(), messages: new Set(), extensions: new Map() };
  for (const file of fromBinary(FileDescriptorSetSchema, image).file) {
    // Unknown at this level is only what buf writes into its images; custom options live inside, as unknown fields.
    const { $unknown: _, ...plain } = file;
    files.set(file.name, { bytes: toBinary(FileDescriptorProtoSchema, plain), imports: file.dependency });
    addFile(symbols, file);
  }
  const closure = (fileName: string) => {
    const names = new Set([fileName]);
    for (const name of names) for (const wanted of files.get(name)?.imports ?? []) names.add(wanted);
    return files.has(fileName) ? [...names].flatMap((name) => files.get(name)?.bytes ?? []) : undefined;
  };
  return {
    closure,
    fileOfSymbol: (symbol) => symbols.files.get(symbol),
    fileOfExtension: (extendee, number) => symbols.extensions.get(extendee)?.get(number),
    extensionNumbers: (extendee) => [...(symbols.extensions.get(extendee)?.keys() ?? [])],
    hasMessage: (name) => symbols.messages.has(name),
  };
}

interface SymbolTable {
  /** Symbol to file name. */
  readonly files: Map<string, string>;
  readonly messages: Set<string>;
  /** Extendee to extension number to file name. */
  readonly extensions: Map<string, Map<number, string>>;
}

/** Where a symbol is declared; `prefix` is its scope with a trailing dot, or empty. */
interface Scope {
  readonly file: string;
  readonly prefix: string;
}

function addFile(table: SymbolTable, file: FileDescriptorProto): void {
  const scope = { file: file.name, prefix: file.package ? `${file.package}.` : '' };
  for (const message of file.messageType) addMessage(table, scope, message);
  for (const desc of file.enumType) addEnum(table, scope, desc);
  for (const extension of file.extension) addExtension(table, scope, extension);
  for (const service of file.service) {
    addSymbols(table, scope, [service]);
    addSymbols(table, inside(scope, service.name), service.method);
  }
}

function addMessage(table: SymbolTable, scope: Scope, message: DescriptorProto): void {
  const inner = inside(scope, message.name);
  addSymbols(table, scope, [message]);
  table.messages.add(scope.prefix + message.name);
  addSymbols(table, inner, [...message.field, ...message.oneofDecl]);
  for (const nested of message.nestedType) addMessage(table, inner, nested);
  for (const desc of message.enumType) addEnum(table, inner, desc);
  for (const extension of message.extension) addExtension(table, inner, extension);
}

/** The values of an enum are its siblings by name, not its children. */
function addEnum(table: SymbolTable, scope: Scope, desc: EnumDescriptorProto): void {
  addSymbols(table, scope, [desc, ...desc.value]);
}

function addExtension(table: SymbolTable, scope: Scope, extension: FieldDescriptorProto): void {
  addSymbols(table, scope, [extension]);
  const extendee = extension.extendee.replace(/^\./, '');
  const known = table.extensions.get(extendee) ?? new Map<number, string>();
  table.extensions.set(extendee, known.set(extension.number, scope.file));
}

function addSymbols(table: SymbolTable, { file, prefix }: Scope, symbols: readonly { name: string }[]): void {
  for (const { name } of symbols) table.files.set(prefix + name, file);
}

function inside({ file, prefix }: Scope, name: string): Scope {
  return { file, prefix: `${prefix}${name}.` };
}
