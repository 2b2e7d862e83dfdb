import { randomUUID } from 'node:crypto';
import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { PostService, PostView } from '@tandem/contracts/posts';
import { UserService } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { createRawEdgeCaller, createRawGrpcCaller } from './pair/raw-call.ts';
import { refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

describe('both ports', async () => {
  const { usersService, postsService, users, posts } = await usePair();

  const transports: [string, (baseUrl: string) => Transport][] = [
    [
      'Connect in protobuf over HTTP/1.1',
      (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
    ],
    [
      'Connect in JSON over HTTP/1.1',
      (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
    ],
    [
      'Connect in JSON over HTTP/2',
      (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: false }),
    ],
    ['gRPC-Web over HTTP/1.1', (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1' })],
  ];

  describe.each(transports)('%s', (name, connect) => {
    const edgeUsers = createClient(UserService, connect(usersService.edge));
    const edgePosts = createClient(PostService, connect(postsService.edge));

    it('reads what the gRPC port wrote, and the other way round', async () => {
      const email = `${randomUUID()}@e2e.example`;
      const { user } = await edgeUsers.createUser({ email, name: 'Both' });
      expect((await users.getUser({ id: user!.id })).user).toEqual(user);
      const { post } = await posts.createPost({ authorId: user!.id, title: 'Both', published: true });
      expect((await edgePosts.getPost({ id: post!.id })).post).toEqual(post);
      const { items } = await edgePosts.listPostsWithAuthors({ filter: { authorId: user!.id } });
      expect(items[0]).toMatchObject({ post: { id: post!.id }, author: { email } });
    });

    it('lists posts, and their authors, as the gRPC port does', async () => {
      const { user } = await users.createUser({ email: `${randomUUID()}@e2e.example`, name: 'Lists' });
      const authorId = user!.id;
      await posts.createPost({ authorId, title: 'Schön', content: 'Ø'.repeat(100), tags: ['a', 'ß'], published: true });
      await posts.createPost({ authorId, title: 'Draft' });
      // Page tokens are never twice the same: a page that is the last has none.
      const listing = { filter: { authorId }, view: PostView.FULL, includeTotalSize: true };
      expect((await edgePosts.listPosts(listing)).posts).toHaveLength(2);
      expect(await edgePosts.listPosts(listing)).toEqual(await posts.listPosts(listing));
      const withAuthors = await posts.listPostsWithAuthors(listing);
      expect(withAuthors.items.map(({ author }) => author)).toEqual([user, user]);
      expect(await edgePosts.listPostsWithAuthors(listing)).toEqual(withAuthors);
    });

    it('refuses as the gRPC port does', async () => {
      for (const request of [{ id: 'x' }, { id: randomUUID() }]) {
        expect(await refusalOf(edgeUsers.getUser(request))).toEqual(await refusalOf(users.getUser(request)));
        expect(await refusalOf(edgePosts.getPost(request))).toEqual(await refusalOf(posts.getPost(request)));
      }
    });

    it('opens a page token of the gRPC port, and the other way round', async () => {
      const prefix = `t${randomUUID().slice(0, 8)}`;
      for (let n = 0; n < 3; n += 1)
        await users.createUser({ email: `${prefix}${n}@e2e.example`, name: `${prefix}${n}` });
      const page = { filter: { namePrefix: prefix }, orderBy: 'name', pageSize: 1 };
      const first = await users.listUsers(page);
      const second = await edgeUsers.listUsers({ ...page, pageToken: first.nextPageToken });
      const third = await users.listUsers({ ...page, pageToken: second.nextPageToken });
      expect([first, second, third].flatMap((one) => one.users.map(({ name }) => name))).toEqual(
        [0, 1, 2].map((n) => prefix + n),
      );
      expect(third.nextPageToken).toBe('');
    });

    it('names the call in x-request-id', async () => {
      const seen: (string | null)[] = [];
      const onHeader = (headers: Headers) => seen.push(headers.get('x-request-id'));
      await edgeUsers.listUsers({ pageSize: 1 }, { headers: { 'x-request-id': `call-${name.length}` }, onHeader });
      await users.listUsers({ pageSize: 1 }, { onHeader });
      expect(seen[0]).toBe(`call-${name.length}`);
      expect(seen[1]).toMatch(/^\S{8,128}$/);
    });
  });
});

describe('a request_id', async () => {
  const { usersService, postsService, users } = await usePair();

  it('answers the same bytes on either port, one effect, even when many calls race', async () => {
    using grpc = createRawGrpcCaller(usersService.grpc);
    using edge = createRawEdgeCaller(usersService.edge);
    const request = { email: 'race@e2e.example', name: 'Race', password: 'a long password', requestId: randomUUID() };
    const calls = Array.from({ length: 8 }, (_, n) =>
      (n % 2 ? edge : grpc).call(UserService.method.createUser, request),
    );
    const replies = (await Promise.all(calls)).filter((answer) => 'reply' in answer);
    const again = [
      await grpc.call(UserService.method.createUser, request),
      await edge.call(UserService.method.createUser, request),
    ];
    const bytes = new Set([...replies, ...again].map((answer) => ('reply' in answer ? answer.reply : answer.status)));
    expect(bytes.size).toBe(1);
    expect(again.every((answer) => 'reply' in answer)).toBe(true);
    expect((await users.listUsers({ filter: { namePrefix: 'Race' } })).users).toHaveLength(1);
  });

  it('keeps a refusal that the state decided, byte for byte, when the state is another', async () => {
    using grpc = createRawGrpcCaller(postsService.grpc);
    using edge = createRawEdgeCaller(postsService.edge);
    const authorId = randomUUID();
    const request = { authorId, title: 'Too early', requestId: randomUUID() };
    const first = await grpc.call(PostService.method.createPost, request);
    expect(first).toMatchObject({ code: 9 });
    await users.createUser({ email: 'late@e2e.example', name: 'Late', userId: authorId });
    expect(await grpc.call(PostService.method.createPost, request)).toEqual(first);
    expect(await edge.call(PostService.method.createPost, request)).toEqual(first);
    expect(await grpc.call(PostService.method.createPost, { ...request, requestId: randomUUID() })).toHaveProperty(
      'reply',
    );
  });

  it('is not to be used for another request, and a password is part of the request', async () => {
    const request = { email: 'reuse@e2e.example', name: 'Reuse', password: 'first password', requestId: randomUUID() };
    const { user } = await users.createUser(request);
    for (const other of [
      { ...request, name: 'Other' },
      { ...request, password: 'second password' },
    ]) {
      expect(await refusalOf(users.createUser(other))).toMatchObject({
        code: 'InvalidArgument',
        reason: 'REQUEST_ID_REUSED',
      });
    }
    expect((await users.createUser(request)).user).toEqual(user);
  });

  it('does not keep a failed validation', async () => {
    const requestId = randomUUID();
    expect(await refusalOf(users.createUser({ email: 'no', name: 'V', requestId }))).toMatchObject({
      reason: 'FIELD_INVALID',
    });
    await users.createUser({ email: 'valid@e2e.example', name: 'V', requestId });
  });

  it('that is no UUID is refused', async () => {
    const refusal = await refusalOf(users.createUser({ email: 'v@e2e.example', name: 'V', requestId: 'one' }));
    expect(refusal).toMatchObject({ reason: 'FIELD_INVALID', fields: ['request_id'] });
  });
});
