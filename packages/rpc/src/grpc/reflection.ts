import { createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ServiceImpl } from '@connectrpc/connect';
import { ServerReflection, type ServerReflectionRequest } from '@tandem/contracts/wire';
import { cutText } from '../cut-text.ts';
import { fieldInvalid } from '../errors.ts';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import type { MountedService } from '../mounted.ts';
import type { Intake } from '../pipeline.ts';
import { toConnectError, toStatus } from '../status.ts';
import { type DescriptorIndex, indexDescriptors } from './descriptor-index.ts';

/** What reflection shows. */
export interface ReflectionOptions {
  /** A serialized `FileDescriptorSet` that holds all files, those of health and reflection too. */
  readonly image: Uint8Array;
  /** Full names of the services that `list` shows, beside the two of reflection. */
  readonly services: readonly string[];
  /** Once it is interrupted, open streams end with UNAVAILABLE. */
  readonly intake: Intake;
}

const alphaName = 'grpc.reflection.v1alpha.ServerReflection';

/**
 * gRPC server reflection, v1 and v1alpha, with custom options, comments and whatever else the image carries.
 * See https://github.com/grpc/grpc/blob/master/doc/server-reflection.md.
 *
 * @throws Error where the image lacks v1alpha, which older clients ask for
 */
export function createReflection({ image, services, intake }: ReflectionOptions): MountedService[] {
  const alpha = createFileRegistry(fromBinary(FileDescriptorSetSchema, image)).getService(alphaName);
  if (!alpha) throw new Error(`the descriptor image lacks ${alphaName}: generate it anew`);
  const listed = [...new Set([...services, ServerReflection.typeName, alphaName])].sort();
  const known = { index: indexDescriptors(image), listed };
  return [ServerReflection, alpha].map((service) => mountReflection(service, known, intake));
}

/** Both versions have the same messages but for their names, so that one handler of plain objects serves both. */
function mountReflection(service: DescService, known: Known, intake: Intake): MountedService {
  const handlers: ServiceImpl<typeof ServerReflection> = {
    async *serverReflectionInfo(requests) {
      for await (const request of untilInterrupted(requests, intake)) {
        assertShort(request, intake);
        const { host, messageRequest } = request;
        const originalRequest = { host, messageRequest: repeat(messageRequest) };
        yield { validHost: host, originalRequest, messageResponse: answer(messageRequest, known) };
      }
    },
  };
  return mountConnectHandlers(service as typeof ServerReflection, handlers, intake);
}

interface Known {
  readonly index: DescriptorIndex;
  readonly listed: readonly string[];
}

/** Far beyond any name of a host, a file or a symbol; the reply repeats what was asked, and must not grow with it. */
const MAX_NAME_BYTES = 1024;

function assertShort({ host, messageRequest }: ServerReflectionRequest, { domain }: Intake): void {
  const { case: kind, value } = messageRequest;
  const asked = kind === 'fileContainingExtension' ? value.containingType : (value ?? '');
  for (const [field, text] of Object.entries({ host, message_request: asked })) {
    if (Buffer.byteLength(text) <= MAX_NAME_BYTES) continue;
    const description = `must name what is asked for in at most ${MAX_NAME_BYTES} bytes`;
    throw toConnectError(toStatus(fieldInvalid(field, description), domain));
  }
}

async function* untilInterrupted<T>(requests: AsyncIterable<T>, { intake, domain }: Intake): AsyncIterable<T> {
  const iterator = requests[Symbol.asyncIterator]();
  for (;;) {
    const next = await intake.bounded(iterator.next()).catch((error) => {
      throw error === intake.reason ? toConnectError(toStatus(error, domain)) : error;
    });
    if (next.done) return;
    yield next.value;
  }
}

type Question = ServerReflectionRequest['messageRequest'];
type ReplyInit =
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'allExtensionNumbersResponse'; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } };

function answer(question: Question, { index, listed }: Known): ReplyInit {
  switch (question.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: listed.map((name) => ({ name })) } };
    case 'fileByFilename':
      return filesOr(index.closure(question.value), `no file ${question.value}`);
    case 'fileContainingSymbol': {
      const file = index.fileOfSymbol(question.value.replace(/^\./, ''));
      return filesOr(file && index.closure(file), `no symbol ${question.value}`);
    }
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = question.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return filesOr(file && index.closure(file), `no extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      if (!index.hasMessage(question.value)) return failure(Code.NotFound, `no message ${question.value}`);
      const extensionNumber = index.extensionNumbers(question.value);
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: question.value, extensionNumber } };
    }
    default:
      return failure(Code.InvalidArgument, 'the request asks for nothing that this server knows');
  }
}

/** The question as a plain object, which fits either version's messages. */
function repeat(question: Question) {
  if (question.case !== 'fileContainingExtension') return question;
  const { containingType, extensionNumber } = question.value;
  return { case: question.case, value: { containingType, extensionNumber } };
}

function filesOr(files: Uint8Array[] | undefined | '', missing: string): ReplyInit {
  if (!files) return failure(Code.NotFound, missing);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: files } };
}

function failure(errorCode: Code, errorMessage: string): ReplyInit {
  return { case: 'errorResponse', value: { errorCode, errorMessage: cutText(errorMessage, 200) } };
}
