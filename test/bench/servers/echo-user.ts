/** What every echo answers beside the id that it was asked for. */
export const ECHO_USER = {
  email: 'ada.lovelace@example.com',
  name: 'Ada Lovelace',
  isActive: true,
  points: 1_200,
  seconds: 1_764_000_000,
  etag: '1',
} as const;
