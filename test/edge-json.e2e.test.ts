import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { usePair } from './pair/use-pair.ts';

describe('plain JSON on the edge', async () => {
  const { usersService, postsService } = await usePair();

  async function post(
    edge: string,
    method: string,
    body: string,
  ): Promise<{ status: number; text: string; json: Record<string, unknown> }> {
    const response = await fetch(`${edge}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await response.text();
    return { status: response.status, text, json: JSON.parse(text) };
  }
  const user = (method: string, body: unknown) =>
    post(
      usersService.edge,
      `tandem.users.v1.UserService/${method}`,
      typeof body === 'string' ? body : JSON.stringify(body),
    );

  it('shows zeros, false and empty lists', async () => {
    const made = await user('CreateUser', { email: 'json@e2e.example', name: 'Json' });
    expect(made.status).toBe(200);
    expect(made.json).toMatchObject({ user: { isActive: true, points: '0' } });
    const none = await user('ListUsers', { filter: { namePrefix: 'nobody at all' }, includeTotalSize: true });
    expect(none.json).toEqual({ users: [], nextPageToken: '', totalSize: 0 });
  });

  it('takes proto names and lowerCamel alike', async () => {
    expect((await user('ListUsers', { page_size: 1 })).status).toBe(200);
    expect((await user('ListUsers', { pageSize: 1 })).status).toBe(200);
  });

  it.each([
    ['an unknown field', '{"emial":"a@e2e.example","name":"A"}', 'emial'],
    ['an unknown field deep inside', '{"filter":{"is_actve":true}}', 'is_actve'],
    ['what is no JSON', '{"email":', ''],
    ['a list', '[]', ''],
    ['a wrong type', '{"name":7}', 'name'],
  ])('refuses %s as unreadable and names it', async (what, body, named) => {
    const method = what.includes('deep') ? 'ListUsers' : 'CreateUser';
    const { status, json } = await user(method, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'invalid_argument' });
    expect((json as { message: string }).message).toContain(named);
    expect(reasonOf(json)).toMatchObject({ reason: 'REQUEST_UNREADABLE', domain: 'users.tandem' });
  });

  it('names the fields of a failed validation in a form that a person can read', async () => {
    const { status, json } = await user('CreateUser', { email: 'x', name: '' });
    expect(status).toBe(400);
    const details = (json as { details: { type: string; debug: { fieldViolations?: { field: string }[] } }[] }).details;
    const fields = details
      .find(({ type }) => type === 'google.rpc.BadRequest')
      ?.debug.fieldViolations?.map(({ field }) => field);
    expect(fields?.toSorted()).toEqual(['email', 'name']);
  });

  it('refuses an integer that its field cannot hold, quoted or not, instead of rounding it', async () => {
    for (const size of ['9223372036854775808', '"9223372036854775808"', '2147483648', '1.5', '1e400']) {
      const { status, json } = await user('ListUsers', `{"pageSize":${size}}`);
      expect([size, status, reasonOf(json)?.reason]).toEqual([size, 400, 'REQUEST_UNREADABLE']);
    }
    expect((await user('ListUsers', '{"pageSize":1e0}')).status).toBe(200);
  });

  describe('times', () => {
    const id = randomUUID();
    beforeAll(async () => {
      await user('CreateUser', { email: 'times@e2e.example', name: 'Times', userId: id });
    });
    it('are kept to the microsecond for users and to the millisecond for posts', async () => {
      const read = (await user('GetUser', { id })).json as { user: { createTime: string } };
      expect(read.user.createTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?Z$/);
      const made = await post(
        postsService.edge,
        'tandem.posts.v1.PostService/CreatePost',
        JSON.stringify({ authorId: id, title: 'T' }),
      );
      expect((made.json as { post: { createTime: string } }).post.createTime).toMatch(/T\d\d:\d\d:\d\d(\.\d{3})?Z$/);
    });
  });

  it('answers an unknown path, /healthz and /metrics', async () => {
    expect(
      (
        await fetch(`${usersService.edge}/tandem.users.v1.UserService/Nothing`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).status,
    ).toBe(404);
    expect((await fetch(`${usersService.edge}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${postsService.edge}/metrics`)).text();
    expect(metrics).toContain('tandem.posts.v1.PostService');
  });
});

interface Detail {
  readonly type: string;
  readonly debug?: { reason?: string; domain?: string };
}

function reasonOf(json: unknown): Detail['debug'] {
  return (json as { details?: Detail[] }).details?.find(({ type }) => type === 'google.rpc.ErrorInfo')?.debug;
}
