/** The longest that a timer of Node.js can wait, in milliseconds: 24.8 days. A longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;
