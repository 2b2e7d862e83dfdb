/** Who tries to log in. */
export interface LoginSource {
  readonly email: string;
  /** The person's address, as `canonicalIp` gives it; undefined: not known, so that only the e-mail counts. */
  readonly ip: string | undefined;
}

/** A try that counts as a failure until one of these is called. */
export interface CountedLogin {
  /** It succeeded: the failures of its e-mail are forgotten, and its address has one less. */
  succeed(): Promise<void>;
  /** It was not decided: as if it had never been. */
  withdraw(): Promise<void>;
}

/** Bounds how often passwords may be tried. */
export interface LoginThrottle {
  /**
   * Counts a try before it is verified.
   *
   * @throws TandemError `LOGIN_THROTTLED`, with the time that is left
   */
  count(source: LoginSource): Promise<CountedLogin>;
}
