declare module 'snowball-stemmers' {
  const stemmers: {
    newStemmer(language: string): {
      /** The stem of a word in lower case. */
      stem(word: string): string;
    };
  };
  export = stemmers;
}
