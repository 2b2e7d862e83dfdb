/**
 * One spelling of an IPv4 or IPv6 address, as RFC 5952 has it; an IPv4-mapped one as IPv4. Undefined for what is none; a
 * zone is none of the address: it means something to one machine only.
 */
export function canonicalIp(text: string): string | undefined {
  // An IPv4 address is read as the IPv6 one that stands for it.
  const isIpv6 = text.includes(':');
  const groups = readGroups(isIpv6 ? text : `::ffff:${text}`);
  if (groups === undefined) return undefined;
  if (!isMapped(groups.words)) return isIpv6 ? groups.text : undefined;
  return [6, 7].flatMap((index) => splitWord(groups.words[index] ?? 0)).join('.');
}

/** The network whose tries are counted together: an IPv4 address, or the /64 that one household is given of IPv6. */
export function throttledNetwork(ip: string): string {
  const words = readGroups(ip)?.words;
  if (words === undefined) return ip;
  return `${words
    .slice(0, 4)
    .map((word) => word.toString(16))
    .join(':')}::/64`;
}

const ipv6Characters = /^[0-9a-f:.]{2,45}$/i;

/** The eight words of an IPv6 address and its text, both by the parser that URLs have. */
function readGroups(text: string): { readonly words: readonly number[]; readonly text: string } | undefined {
  if (!ipv6Characters.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const before = readWords(head);
  const after = readWords(tail ?? '');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return { words: [...before, ...gap, ...after], text: canonical };
}

function readWords(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}

/** ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
function isMapped(words: readonly number[]): boolean {
  return words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
}

function splitWord(word: number): [number, number] {
  return [word >> 8, word & 0xff];
}
