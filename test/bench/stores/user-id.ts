const PREFIX = '01900000-0000-7000-8000-';
const DIGITS = 12;

/** The id of the user with this number, from 1: a UUIDv7 by its looks, and one that SQL can make too. */
export function nameUser(number: number): string {
  return PREFIX + number.toString(16).padStart(DIGITS, '0');
}

/** The same in SQL, of an expression for the number. */
export function nameUserInSql(number: string): string {
  return `('${PREFIX}' || lpad(to_hex(${number}), ${DIGITS}, '0'))::uuid`;
}
