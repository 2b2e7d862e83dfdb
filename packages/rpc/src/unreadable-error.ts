/**
 * The bytes or the JSON that a caller sent are no such message. Its message is fit for the caller: it names the field
 * or the place, never a value.
 */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}
