import type { Db } from 'mongodb';

const name = 'posts_text';

/**
 * Words in title, tags and content. No post has a field `text_language`: by MongoDB's own default the field `language`
 * would choose the stemmer, and a post in a language that it does not know would be refused.
 */
export async function up(db: Db): Promise<void> {
  await db.collection('posts').createIndex(
    { title: 'text', tags: 'text', content: 'text' },
    {
      name,
      weights: { title: 3, tags: 2, content: 1 },
      default_language: 'english',
      language_override: 'text_language',
    },
  );
}

export async function down(db: Db): Promise<void> {
  const posts = db.collection('posts');
  if (await posts.indexExists(name)) await posts.dropIndex(name);
}
