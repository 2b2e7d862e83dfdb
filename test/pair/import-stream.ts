/** The messages of an import: the options, then the rows of each message. */
export async function* importStream<Row>(onDuplicate: number, ...messages: readonly Row[][]) {
  yield { payload: { case: 'options' as const, value: { onDuplicate } } };
  for (const rows of messages) yield { payload: { case: 'rows' as const, value: { rows } } };
}
