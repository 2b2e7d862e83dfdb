import fc from 'fast-check';
import { author, type KnownPost, type PostsModel, tagPool } from './posts-model.ts';

/** Which posts to ask for, among this run's. */
export interface Selection {
  readonly author: number | null;
  readonly published: boolean | null;
  readonly tags: readonly string[];
  readonly language: string;
  /** Made no earlier than, or earlier than, this one of the posts that are there. */
  readonly after: number | null;
  readonly before: number | null;
}

/** One of three parts of a filter is there: with more of them it lets nothing through. */
function perhaps<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

export const selection: fc.Arbitrary<Selection> = fc.record({
  author: perhaps(author),
  published: perhaps(fc.boolean()),
  tags: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray([...tagPool]) }),
  language: fc.constantFrom('', '', '', 'en', 'fr', 'ja'),
  after: perhaps(fc.nat({ max: 4 })),
  before: perhaps(fc.nat({ max: 4 })),
});

/** All tests share the database: what is this run's has its authors. */
export function toFilter({ author, published, tags, language, after, before }: Selection, model: PostsModel) {
  return {
    ...(author === null ? { authorIds: model.authors.map(({ id }) => id) } : { authorId: model.authorOf(author).id }),
    ...(published === null ? {} : { published }),
    tags: [...tags],
    language,
    ...toBounds(timeOf(after, model), timeOf(before, model)),
  };
}

function toBounds(after: number | undefined, before: number | undefined) {
  return {
    ...(after === undefined ? {} : { createdAfter: toTimestamp(after) }),
    ...(before === undefined ? {} : { createdBefore: toTimestamp(before) }),
  };
}

export function select(selection: Selection, model: PostsModel): KnownPost[] {
  const { author, published, tags, language } = selection;
  const [after, before] = [timeOf(selection.after, model), timeOf(selection.before, model)];
  return [...model.posts.values()].filter(
    ({ view }) =>
      (author === null || view.authorId === model.authorOf(author).id) &&
      (published === null || view.published === published) &&
      (tags.length === 0 || view.tags.some((tag) => tags.includes(tag))) &&
      (language === '' || view.language === language) &&
      (after === undefined || view.createMs >= after) &&
      (before === undefined || view.createMs < before),
  );
}

function timeOf(nth: number | null, model: PostsModel): number | undefined {
  return nth === null ? undefined : [...model.posts.values()][nth % Math.max(1, model.posts.size)]?.view.createMs;
}

export function toTimestamp(ms: number) {
  return { seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1_000_000 };
}
