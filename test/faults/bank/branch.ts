import { createUsersClient, type UsersClient } from '@tandem/contracts';
import { pickPort } from '../../pair/pick-port.ts';
import { type RunningService, startService } from '../../pair/start-service.ts';

/** A users service as a process of its own, which can be killed and started again at the same address. */
export class Branch implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  #service: RunningService;
  #client: UsersClient;
  /** When the latest call began that this branch answered by what it is about, in milliseconds of `performance.now()`. */
  latestAnsweredMs = 0;

  private constructor(env: NodeJS.ProcessEnv, service: RunningService) {
    this.#env = env;
    this.#service = service;
    this.#client = createUsersClient(service.grpc, { maxAttempts: 1 });
  }

  static async open(databaseUrl: string): Promise<Branch> {
    const env = { USERS_DATABASE_URL: databaseUrl, USERS_LISTEN: `127.0.0.1:${await pickPort()}`, LOG_LEVEL: 'error' };
    return new Branch(env, await startService('users', env));
  }

  /** Does not retry: the bank sees every answer. */
  get client(): UsersClient {
    return this.#client;
  }

  async kill(): Promise<void> {
    this.#service.signal('SIGKILL');
    await this.#service.exited;
  }

  /** With a new client: the old one's channel waits longer and longer before it looks again. */
  async reopen(): Promise<void> {
    this.#service = await startService('users', this.#env);
    await this.#client[Symbol.asyncDispose]();
    this.#client = createUsersClient(this.#service.grpc, { maxAttempts: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
  }
}
