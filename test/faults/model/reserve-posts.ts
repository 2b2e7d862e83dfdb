import { randomUUID } from 'node:crypto';
import type { DeleteAuthorPostsResponse, ReservePostResponse } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answerOf, expectReply, pickClient } from './ask.ts';
import { type Draft, draft, expectDraft, toDraftRequest } from './change-posts.ts';
import { via } from './mutation.ts';
import { author, makeCommand, type PostsCommand, type PostsMutation, slot, toView } from './posts-model.ts';

/** Whether there is such a user is not asked: only who was ended is refused. */
export const reservePost: PostsMutation<Draft> = {
  method: 'reservePost',
  grounds: ['AUTHOR_NOT_FOUND', 'ID_TAKEN post', 'ID_TAKEN reservation'],
  args: draft,
  request: toDraftRequest,
  other: (request) => ({ ...request, title: 'Something else' }),
  judge(draft, model) {
    const id = model.idOf(draft.slot);
    const refused = [
      ...(model.authorOf(draft.author).isEnded ? ['AUTHOR_NOT_FOUND'] : []),
      ...(model.posts.has(id) ? ['ID_TAKEN post'] : []),
      ...(model.reservations.has(id) ? ['ID_TAKEN reservation'] : []),
    ];
    return {
      refused,
      take(answer) {
        const view = toView(expectReply<ReservePostResponse>(answer).post);
        expectDraft(view, draft, model);
        model.reservations.set(id, { state: 'reserved', view });
      },
    };
  },
};

export const confirmPost: PostsMutation<{ slot: number }> = {
  method: 'confirmPost',
  grounds: ['RESERVATION_NOT_FOUND', 'RESERVATION_NOT_FOUND cancelled', 'AUTHOR_NOT_FOUND'],
  args: fc.record({ slot }),
  request: ({ slot }, model) => ({ postId: model.idOf(slot) }),
  other: (request) => ({ ...request, postId: '00000000-0000-4000-8000-000000000000' }),
  judge({ slot }, model) {
    const id = model.idOf(slot);
    const reservation = model.reservations.get(id);
    if (reservation === undefined) return { refused: ['RESERVATION_NOT_FOUND'], take() {} };
    if (reservation.state === 'cancelled') {
      const isEnded = model.authorById(reservation.authorId ?? '')?.isEnded ?? false;
      return { refused: [isEnded ? 'AUTHOR_NOT_FOUND' : 'RESERVATION_NOT_FOUND cancelled'], take() {} };
    }
    return {
      refused: [],
      take(answer) {
        expectReply(answer);
        if (reservation.state !== 'reserved') return;
        model.add(reservation.view);
        model.reservations.set(id, { state: 'confirmed', authorId: reservation.view.authorId });
      },
    };
  },
};

export const cancelPost: PostsMutation<{ slot: number }> = {
  method: 'cancelPost',
  grounds: ['RESERVATION_NOT_FOUND'],
  args: fc.record({ slot }),
  request: ({ slot }, model) => ({ postId: model.idOf(slot) }),
  other: (request) => ({ ...request, postId: '00000000-0000-4000-8000-000000000000' }),
  judge({ slot }, model) {
    const id = model.idOf(slot);
    const reservation = model.reservations.get(id);
    return {
      refused: reservation?.state === 'confirmed' ? ['RESERVATION_NOT_FOUND'] : [],
      take(answer) {
        expectReply(answer);
        const authorId = reservation?.state === 'reserved' ? reservation.view.authorId : reservation?.authorId;
        model.reservations.set(id, { state: 'cancelled', authorId });
      },
    };
  },
};

/** Deactivates an author, or activates one again. */
export const setActive = (args: { author: number; isActive: boolean }) =>
  makeCommand('setActive', args, async ({ model, replicas }) => {
    const known = model.authorOf(args.author);
    if (known.state === 'deleted') return;
    await replicas.users.updateUser({ user: { id: known.id, isActive: args.isActive } });
    known.state = args.isActive ? 'active' : 'inactive';
  });

/** With the user, as DeleteUser has it, or without; and again, which finds nothing more. */
export const endAuthor = (args: { author: number; deletesUser: boolean; via: number }) =>
  makeCommand('endAuthor', args, async ({ model, replicas }) => {
    const known = model.authorOf(args.author);
    if (args.deletesUser && known.state !== 'deleted') {
      await replicas.users.deleteUser({ id: known.id, requestId: randomUUID() });
      known.state = 'deleted';
    }
    model.endAuthor(known);
    const answer = await answerOf(pickClient(replicas, args.via).deleteAuthorPosts({ authorId: known.id }));
    const { deleted, done } = expectReply<DeleteAuthorPostsResponse>(answer);
    expect([deleted, done]).toEqual([BigInt(known.deleted), true]);
  });

/** Each with how often it is drawn. */
export const authorCommands: { weight: number; arbitrary: fc.Arbitrary<PostsCommand> }[] = [
  { weight: 3, arbitrary: fc.record({ author, isActive: fc.boolean() }).map(setActive) },
  { weight: 1, arbitrary: fc.record({ author, deletesUser: fc.boolean(), via }).map(endAuthor) },
];
