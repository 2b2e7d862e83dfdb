import { describe, expect, it, vi } from 'vitest';
import { analyseTexts } from './analyse-texts.ts';
import { analysisTasks } from './analysis-tasks.ts';

vi.setConfig({ testTimeout: 120_000 });
const make = (content: string, fields = {}) => ({
  title: 'A title',
  tags: ['Tag', 'Schöner Tag'],
  content,
  language: 'en',
  published: true,
  ...fields,
});
const long = Array.from({ length: 3_000 }, (_, index) => `word${index.toString(36)}`).join(' ');

describe('the analysis of texts', () => {
  it('leaves a long one to another thread, and others their turns meanwhile', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      setImmediate(count).unref();
    };
    setImmediate(count);
    await analyseTexts('index', [make(long)]);
    expect(turns).toBeGreaterThan(0);
  });

  it('gives the same there as here, each in its place, however many ask at once', async () => {
    const texts = ['short', long, '東京 '.repeat(2_000), `C++ ${'x'.repeat(5_000)}`].map((content) => make(content));
    const answers = await Promise.all(texts.map((text) => analyseTexts('index', [text])));
    const together = await analyseTexts('index', texts);
    expect(answers.flat()).toEqual(analysisTasks.index(texts));
    expect(together).toEqual(answers.flat());
    const posts = texts.map((text) => ({ ...text, sign: 1 as const }));
    expect(await analyseTexts('count', posts)).toEqual(analysisTasks.count(posts));
    expect(await analyseTexts('index', [])).toEqual([]);
  });

  it('fails alone', async () => {
    const bad = make(long, { title: 5 });
    const [failed, done] = await Promise.allSettled([
      analyseTexts('index', [bad]),
      analyseTexts('index', [make(long)]),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'TypeError' } });
    expect(done).toMatchObject({ status: 'fulfilled' });
  });
});
