/**
 * A URL fit for a message or a log: user, password and parameters are left out. What is no URL is not repeated at all, for
 * it may be a secret that was put in the wrong place.
 */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return '(not a URL)';
  const { protocol, host, pathname } = new URL(text);
  return host === '' ? `${protocol}…` : `${protocol}//${host}${pathname}`;
}
