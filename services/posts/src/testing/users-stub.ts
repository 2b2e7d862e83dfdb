import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { UserSchema, UserService } from '@tandem/contracts/users';
import { bind, createLogger, formatAddress, startServer, TandemError } from '@tandem/rpc';

/** A field that users have in a later release. */
export const laterField = { no: 5_000, wireType: WireType.LengthDelimited, data: Buffer.of(2, 7, 7) };

/** A users service that knows only authors: a real server of a later release, with people in memory. */
export interface UsersStub extends AsyncDisposable {
  readonly target: string;
  /** How many BatchGetUsers have come. */
  readonly calls: number;
  addAuthor(options?: { isActive?: boolean }): string;
  setActive(id: string, isActive: boolean): void;
  removeAuthor(id: string): void;
  /** `slow` never answers before the caller's deadline; `down` answers UNAVAILABLE. */
  behave(how: 'well' | 'slow' | 'down'): void;
}

export async function startUsersStub(): Promise<UsersStub> {
  const people = new Map<string, boolean>();
  let behaviour: 'well' | 'slow' | 'down' = 'well';
  let calls = 0;
  const users = bind(UserService, {
    async batchGetUsers({ ids }, { signal }) {
      calls += 1;
      if (behaviour === 'down') throw new TandemError('STORE_UNAVAILABLE', 'The stub is down.');
      if (behaviour === 'slow') await untilAborted(signal);
      const found = ids.filter((id) => people.has(id));
      return {
        users: found.map((id) => toUser(id, people.get(id) ?? false)),
        missingIds: ids.filter((id) => !people.has(id)),
      };
    },
  });
  const server = await startServer({
    name: 'users',
    services: [users],
    listen: { host: '127.0.0.1', port: 0 },
    edgeListen: { host: '127.0.0.1', port: 0 },
    authMode: 'open',
    probe: async () => {},
    log: createLogger({ name: 'users', level: 'silent' }),
    shutdownGraceMs: 100,
  });
  return {
    target: formatAddress(server.grpc),
    get calls() {
      return calls;
    },
    addAuthor({ isActive = true } = {}) {
      const id = randomUUID();
      people.set(id, isActive);
      return id;
    },
    setActive: (id, isActive) => void people.set(id, isActive),
    removeAuthor: (id) => void people.delete(id),
    behave(how) {
      behaviour = how;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function toUser(id: string, isActive: boolean) {
  const user = create(UserSchema, { id, name: `Author ${id}`, isActive });
  user.$unknown = [laterField];
  return user;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
