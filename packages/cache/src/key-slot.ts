/** How many slots a Cluster has. */
export const slotCount = 16_384;

/**
 * The slot of a Cluster that a key lies in: CRC-16/XMODEM of what stands between the first `{` and the next `}`, or of the
 * whole key where that is nothing (Redis Cluster specification, "Key distribution model").
 */
export function keySlot(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashedPart(key))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % slotCount;
}

function hashedPart(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
}
