import type { PostsClient } from '@tandem/contracts';
import { importRows } from '../../services/posts/src/testing/send-import.ts';
import type { CollectionDocument } from './collection.ts';
import type { Ranking } from './measures.ts';
import { uuidOf } from './uuid-of.ts';

const rowsPerMessage = 500;
const maxQueryCharacters = 2_000;

/** Imports the collection as posts of one author; every document must be taken. */
export async function loadCollection(
  client: PostsClient,
  { documents, authorId }: { documents: readonly CollectionDocument[]; authorId: string },
): Promise<void> {
  for (let begin = 0; begin < documents.length; begin += rowsPerMessage) {
    const rows = documents.slice(begin, begin + rowsPerMessage).map(({ id, title, content }) => ({
      id: uuidOf(id),
      authorId,
      title: withoutControls(title).trim() || `(untitled ${id})`,
      content: withoutControls(content),
      published: true,
    }));
    const { imported } = await importRows(client, rows);
    if (Number(imported) !== rows.length) throw new Error(`Only ${imported} of ${rows.length} documents were taken.`);
  }
}

/** The words of a query, without the signs that the grammar of SearchPosts would take for its own. */
export function withoutSigns(text: string): string {
  return text.replace(/["*]|(?<=^|\s)-+/g, ' ');
}

export interface ApiSearch {
  readonly client: PostsClient;
  readonly documents: readonly CollectionDocument[];
  /** What of a query's text is sent. */
  readonly write: (text: string) => string;
}

export function searchThroughApi({ client, documents, write }: ApiSearch): Ranking {
  const idOf = new Map(documents.map(({ id }) => [uuidOf(id), id]));
  return async ({ text }) => {
    const query = [...write(text)].slice(0, maxQueryCharacters).join('');
    const { hits } = await client.searchPosts({ query, pageSize: 100 });
    return hits.map(({ post }) => idOf.get(post?.id ?? '') ?? '');
  };
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => (control === '\n' || control === '\t' ? control : ' '));
}
