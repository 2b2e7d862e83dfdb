import { createPostsClient, createUsersClient, type PostsClient, type UsersClient } from '@tandem/contracts';
import { holdsWithin } from '@tandem/dev-stack';
import { NotStarted, type RunningService, startService } from '../../pair/start-service.ts';

interface Clients {
  readonly users: UsersClient;
  readonly posts: PostsClient;
}

/** A service at a fixed address that is killed and started again; `BREAK_AT` has it kill itself. */
export class MortalService<Name extends keyof Clients> implements AsyncDisposable {
  readonly #name: Name;
  readonly #env: NodeJS.ProcessEnv;
  #service: RunningService;
  #client: Clients[Name];

  private constructor(name: Name, env: NodeJS.ProcessEnv, service: RunningService) {
    this.#name = name;
    this.#env = env;
    this.#service = service;
    this.#client = connect(name, service);
  }

  /** @param env with an address of its own to listen on */
  static async start<Name extends keyof Clients>(name: Name, env: NodeJS.ProcessEnv): Promise<MortalService<Name>> {
    return new MortalService(name, env, await startService(name, env));
  }

  /** Does not retry: who calls sees every answer. Another one after each start. */
  get client(): Clients[Name] {
    return this.#client;
  }

  /** Whether it has died by itself within the time. */
  async dies({ timeoutMs }: { timeoutMs: number }): Promise<boolean> {
    let isDead = false;
    void this.#service.exited.then(() => {
      isDead = true;
    });
    return await holdsWithin(() => isDead, { timeoutMs, pollMs: 20 });
  }

  async kill(): Promise<void> {
    this.#service.signal('SIGKILL');
    await this.#service.exited;
  }

  /**
   * Started anew, whether it is dead yet or not.
   *
   * @param breakAt where it is to kill itself; where a job brings it there before it is ready, it is dead again
   */
  async restart(breakAt?: string): Promise<void> {
    await this.kill();
    const env = breakAt === undefined ? this.#env : { ...this.#env, BREAK_AT: breakAt };
    try {
      this.#service = await startService(this.#name, env);
    } catch (error) {
      if (breakAt !== undefined && error instanceof NotStarted && error.exit === 'SIGKILL') return;
      throw error;
    }
    await this.#client[Symbol.asyncDispose]();
    this.#client = connect(this.#name, this.#service);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
  }
}

function connect<Name extends keyof Clients>(name: Name, { grpc }: RunningService): Clients[Name] {
  const options = { maxAttempts: 1 };
  const clients = {
    users: () => createUsersClient(grpc, options),
    posts: () => createPostsClient(grpc, options),
  };
  return clients[name]() as Clients[Name];
}
